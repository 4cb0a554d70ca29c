import { useState } from "react";
import { sessionOf } from "../collab/session";
import { download, fileOf, fileOfDoc } from "../collab/takingAlong";
import { useEditor, useObservable } from "../model/hooks";
import type { SaveState } from "../model/saving";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { SignIn } from "./SignIn";

const WHY = {
  forbidden: {
    title: "You can no longer edit this workflow",
    reason: "Your rights changed, or it was deleted.",
  },
  "signed-out": {
    title: "You are signed out",
    reason: "The session ended, here or in another window.",
  },
};

/** Why nothing is saved any more, and what can be done with what only this page has. */
export function NotSaved() {
  const { saving } = useEditor();
  const state = useObservable(saving);
  return state.kind === "shut" ? <Note saving={state} /> : null;
}

function Note({ saving: { why, unsaved } }: { saving: SaveState & { kind: "shut" } }) {
  const editor = useEditor();
  const { room } = editor;
  const session = sessionOf(editor);
  const state = useObservable(session.state);
  const other = state.kind === "over" ? state.by : "";
  const { title } = WHY[why];
  const reason = other ? `${other} is signed in now. Sign in as ${editor.boot.user.name} to go on here.` : WHY[why].reason;
  return (
    <section className="not-saved" role="alert" aria-label={title} data-testid="not-saved">
      <Icon name={why === "forbidden" ? "lock" : "log-in"} />
      <div className="not-saved-words">
        <strong>{title}</strong>
        <p>
          {reason}{" "}
          {!unsaved && "Everything that you edited is saved."}
          {unsaved &&
            (why === "signed-out"
              ? "What you edited last is kept on this device, and saved as soon as you have signed in again, in another tab."
              : "What you edited last could not be saved; it is still on this device. Take it along as a file, which can be imported as a workflow, or copy it.")}
        </p>
        <div className="not-saved-actions">
          {why === "signed-out" && (
            <>
              <SignIn />
              <Button data-testid="session-look" onClick={() => void session.look()}>
                I have signed in
              </Button>
            </>
          )}
          {unsaved && <Export />}
          {unsaved && why === "forbidden" && (
            <Button look="quiet" onClick={() => void room?.discard().then(() => location.reload())}>
              Discard my edits
            </Button>
          )}
          {!unsaved && why === "forbidden" && <Button onClick={() => location.reload()}>Reload</Button>}
        </div>
      </div>
    </section>
  );
}

/** Everything as it stands in this page, in the form that can be imported. */
function Export() {
  const editor = useEditor();
  const [copied, setCopied] = useState(false);
  const text = () => (editor.doc ? fileOfDoc(editor.doc) : fileOf(editor.store.meta, editor.boot.snapshot, null));
  const copy = async () => {
    await navigator.clipboard.writeText(text());
    setCopied(true);
  };
  return (
    <>
      <Button look="primary" icon="download" data-testid="export-edits" onClick={() => download(text(), editor.store.meta.name)}>
        Download
      </Button>
      <Button
        icon={copied ? "check" : "copy"}
        onClick={() => void copy().catch(() => editor.say("The browser does not allow copying here. Use Download.", "bad"))}
      >
        {copied ? "Copied" : "Copy"}
      </Button>
    </>
  );
}
