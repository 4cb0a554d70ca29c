import { NOTE_COLOURS } from "../canvas/NoteCard";
import { useEditor, useNote } from "../model/hooks";
import * as actions from "../model/actions";
import * as ops from "../model/ops";
import { Button } from "../parts/Button";

/** A note's words, colour, place and size, for who neither drags nor double-clicks. */
export function NoteSettings({ id }: { id: string }) {
  const editor = useEditor();
  const note = useNote(id);
  if (!note) return null;
  const { readOnly } = editor;
  const [x, y] = note.position;
  const [width, height] = note.size;
  const number = (label: string, value: number, least: number, store: (value: number) => void) => (
    <div className="field">
      <label htmlFor={`note-${label}`}>{label}</label>
      <input
        id={`note-${label}`}
        key={value}
        className="input input-mono"
        type="number"
        min={least}
        step={20}
        defaultValue={value}
        readOnly={readOnly}
        onBlur={(event) => {
          const next = Math.round(Number(event.target.value));
          if (Number.isFinite(next) && next >= least && next !== value) store(next);
        }}
      />
    </div>
  );
  const place = (next: readonly [number, number]) => editor.gesture((doc) => ops.move(doc, new Map([[id, next]])));
  const size = (next: readonly [number, number]) => editor.gesture((doc) => ops.resize(doc, id, next));
  return (
    <>
      <header className="inspector-head">
        <h2>{note.group ? "Group" : "Note"}</h2>
      </header>
      <div className="edge-settings">
        <div className="field">
          <label htmlFor="note-words">{note.group ? "Name" : "Text, with Markdown"}</label>
          <textarea
            id="note-words"
            className="input"
            rows={note.group ? 1 : 8}
            value={note.text}
            maxLength={20_000}
            readOnly={readOnly}
            onChange={(event) => editor.edit((doc) => ops.setText(doc, id, "text", event.target.value))}
          />
        </div>
        <div className="field">
          <label htmlFor="note-colour">Colour</label>
          <select
            id="note-colour"
            className="input"
            value={note.colour}
            disabled={readOnly}
            onChange={(event) => editor.gesture((doc) => ops.setNoteColour(doc, id, event.target.value))}
          >
            {NOTE_COLOURS.map((colour) => (
              <option key={colour}>{colour}</option>
            ))}
          </select>
        </div>
        <div className="field-row">
          {number("Width", width, 120, (next) => size([next, height]))}
          {number("Height", height, 60, (next) => size([width, next]))}
        </div>
        <div className="field-row">
          {number("X", x, -1e6, (next) => place([next, y]))}
          {number("Y", y, -1e6, (next) => place([x, next]))}
        </div>
        {!readOnly && (
          <Button look="danger" icon="trash-2" onClick={() => actions.deleteSelection(editor)}>
            {note.group ? "Ungroup" : "Delete the note"}
          </Button>
        )}
      </div>
    </>
  );
}
