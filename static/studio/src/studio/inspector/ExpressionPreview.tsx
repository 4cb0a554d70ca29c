import { useEffect, useState } from "react";
import { followerOf } from "../collab/follower";
import { partsOf } from "../model/expressions";
import { shown } from "../model/fields";
import { useEditor, useObservable } from "../model/hooks";
import { Icon } from "../parts/Icon";
import { useStep } from "./context";

const PAUSE = 400;
const LENGTH = 240;

type Preview = { kind: "value" | "problem"; text: string };

/** What a text gives with the values of the shown run. The server evaluates it, nobody else. */
export function ExpressionPreview({ text, focused }: { text: string; focused: boolean }) {
  const editor = useEditor();
  const { valuesFor } = useStep();
  const [preview, setPreview] = useState<Preview | null>(null);
  const { edit, run } = editor.boot.permissions;
  const complete = partsOf(text).every((part) => part.closed);
  useEffect(() => {
    const values = edit && run && focused && complete ? valuesFor(text) : null;
    if (!values) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        const { value, problem } = await followerOf(editor).api.preview(text, values, stop.signal);
        setPreview(
          problem ? { kind: "problem", text: problem } : { kind: "value", text: shown(value) || "nothing" },
        );
      } catch {
        setPreview(null); // a server that is away is told of elsewhere
      }
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [editor, text, focused, complete, edit, run, valuesFor]);
  const isUntried = useObservable(editor.shown.details) === null && editor.boot.lastRun === null;
  if (isUntried && focused && complete && edit && run) return <p className="field-hint">Run the workflow once to see here what this gives.</p>;
  if (!preview || !focused || !complete) return null;
  const cut = preview.text.length > LENGTH ? `${preview.text.slice(0, LENGTH)}…` : preview.text;
  return (
    <p className={`preview preview-${preview.kind}`} data-testid="expression-preview">
      <Icon name={preview.kind === "value" ? "eye" : "circle-alert"} size={12} />
      <span>{cut}</span>
    </p>
  );
}
