import { useEditor } from "../model/hooks";
import * as ops from "../model/ops";
import { SharedText } from "../parts/SharedText";

/** The words of a note while somebody writes them; others may write at the same time. */
export function NoteText({ id, text, onDone }: { id: string; text: string; onDone: () => void }) {
  const editor = useEditor();
  const { panels, presence } = editor;
  const field = `${id}/text`;
  return (
    <div
      className="note-text nodrag nopan nowheel"
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Escape") onDone();
      }}
      onFocus={() => presence.show({ field })}
      onBlur={({ currentTarget, relatedTarget }) => {
        if (currentTarget.contains(relatedTarget)) return;
        presence.show({ field: null, caret: null });
        if (panels.renaming.value === id) panels.renaming.set(null);
      }}
    >
      <SharedText
        owner={id}
        name="text"
        kind="prose"
        label="Text of the note"
        testId="note-text"
        maxLength={20_000}
        className="note-editor"
        autoFocus
      >
        <textarea
          className="note-text"
          aria-label="Text of the note"
          defaultValue={text}
          maxLength={20_000}
          autoFocus
          onChange={(event) => editor.edit((doc) => ops.setText(doc, id, "text", event.target.value))}
        />
      </SharedText>
    </div>
  );
}
