import { useState } from "react";
import { followerOf } from "../collab/follower";
import { runPart } from "../collab/trying";
import { useEditor, useObservable } from "../model/hooks";
import { loopOf } from "../model/rounds";
import { Button, IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { useOverlayRevision } from "./RunBar";

const FEW = 3; // the list of the run's steps has them all

/** Why the run failed, with the way to the step and to another try. */
export function FailedSteps() {
  const editor = useEditor();
  const run = useObservable(editor.shown.details);
  const [dismissed, dismiss] = useState("");
  useOverlayRevision();
  if (!run || run.id === dismissed) return null;
  if (run.status !== "failed" && run.status !== "timed_out") return null;
  // Of a loop that failed with a step inside, the step is what is to be looked at.
  const failed = [...editor.overlay.everywhere()].filter(
    ([id, , step]) => step.status === "failed" && !step.handled && editor.store.nodes.has(id) && (step.error?.node ?? id) === id,
  );
  const rows = failed.map(([id, frame, step]) => ({ id, frame, message: step.error?.message ?? "The step failed.", hint: step.error?.hint ?? "" }));
  if (!rows.length && run.error)
    rows.push({ id: run.error.node ?? "", frame: "", message: run.error.message, hint: run.error.hint ?? "" });
  return (
    <ul className="notices" aria-label="Failed steps">
      {rows.slice(0, FEW).map(({ id, frame, message, hint }) => (
        <li key={`${frame} ${id}`} className="notice notice-bad" data-testid="failed-step">
          <Icon name="circle-alert" />
          <span className="notice-text">
            {id && <strong>{editor.store.titleOf(id)}</strong>} {frame && `in round ${loopOf(frame).index + 1}: `}
            {message} {hint}
          </span>
          {editor.store.nodes.has(id) && (
            <Button
              data-testid="go-to-step"
              onClick={() => {
                editor.overlay.choose(frame);
                editor.panels.tab.set("output");
                editor.goTo(id);
              }}
            >
              Go to step
            </Button>
          )}
          {editor.boot.permissions.run && (
            <Button look="quiet" icon="repeat" onClick={() => void (id ? runPart(editor, "from", id) : followerOf(editor).retry(null))}>
              Run again from here
            </Button>
          )}
          <IconButton icon="x" label="Dismiss" onClick={() => dismiss(run.id)} />
        </li>
      ))}
      {rows.length > FEW && (
        <li className="notice notice-bad" data-testid="more-failed">
          <span className="notice-text">{`${rows.length - FEW} more failed.`}</span>
          <Button onClick={() => editor.panels.runPanel.set(true)}>Show the steps of the run</Button>
        </li>
      )}
    </ul>
  );
}
