import { sessionOf } from "../collab/session";
import { useEditor, useObservable } from "../model/hooks";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { SignIn } from "./SignIn";

/** Says before the session ends that it does, so that nobody is thrown out in the middle of something. */
export function SessionNote() {
  const session = sessionOf(useEditor());
  const state = useObservable(session.state);
  if (state.kind !== "ending") return null;
  const clock = new Date(state.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  return (
    <section className="not-saved session-note" role="alert" aria-label="Your session ends soon" data-testid="session-ending">
      <Icon name="clock" />
      <div className="not-saved-words">
        <strong>{`Your session ends at ${clock}`}</strong>
        <p>
          {state.renewable
            ? "Everything you edit is saved until then, and stays on this device after it."
            : "Everything you edit stays on this device after it. Sign in again then, in another tab, and go on here."}
        </p>
        <div className="not-saved-actions">
          {state.renewable ? (
            <Button look="primary" data-testid="session-renew" onClick={() => void session.renew()}>
              Stay signed in
            </Button>
          ) : (
            <SignIn />
          )}
        </div>
      </div>
    </section>
  );
}
