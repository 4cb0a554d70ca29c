import { useState } from "react";
import { useEditor, useObservable } from "../model/hooks";
import type { SaveState } from "../model/saving";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";

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
  return state.kind === "shut" ? <Note state={state} /> : null;
}

function Note({ state: { why, unsaved } }: { state: SaveState & { kind: "shut" } }) {
  const { room } = useEditor();
  const { title, reason } = WHY[why];
  return (
    <section className="not-saved" role="alert" aria-label={title} data-testid="not-saved">
      <Icon name={why === "forbidden" ? "lock" : "log-in"} />
      <div className="not-saved-words">
        <strong>{title}</strong>
        <p>
          {reason}{" "}
          {unsaved
            ? "What you edited last could not be saved; it is still on this device. Take it along as a file, which can be imported as a workflow, or copy it."
            : "Everything that you edited is saved."}
        </p>
        <div className="not-saved-actions">
          {unsaved && <Export />}
          {why === "signed-out" && (
            <>
              <a className="button" href="/" target="_blank" rel="noopener">
                <Icon name="log-in" />
                Sign in
              </a>
              <Button onClick={() => room?.retry()}>Try again</Button>
            </>
          )}
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
  const text = () => {
    const { name, description } = editor.store.meta;
    const definition = editor.doc?.definition() ?? editor.boot.snapshot;
    return JSON.stringify({ format: "auterity.workflow/1", name, description, tags: [], definition }, null, 2);
  };
  const download = () => {
    const url = URL.createObjectURL(new Blob([text()], { type: "application/json" }));
    const link = document.createElement("a");
    Object.assign(link, { href: url, download: `${editor.store.meta.name || "workflow"} (my edits).json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
  const copy = async () => {
    await navigator.clipboard.writeText(text());
    setCopied(true);
  };
  return (
    <>
      <Button look="primary" icon="download" data-testid="export-edits" onClick={download}>
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
