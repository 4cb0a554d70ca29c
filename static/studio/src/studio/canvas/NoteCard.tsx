import { NodeResizer, type NodeProps } from "@xyflow/react";
import { memo } from "react";
import { useEditor, useNote, useObservable, useSelected } from "../model/hooks";
import * as ops from "../model/ops";
import { NoteText } from "./NoteText";
import { lazily } from "../parts/lazily";

const Markdown = lazily(async () => (await import("../parts/Markdown")).Markdown);

export const NOTE_COLOURS = ["yellow", "blue", "green", "red", "purple", "grey"] as const;

/** A sticky note: double-click to write, drag an edge to resize. */
export const NoteCard = memo(function NoteCard({ id }: NodeProps) {
  const editor = useEditor();
  const note = useNote(id);
  const selected = useSelected(id);
  const writing = useObservable(editor.panels.renaming) === id;
  if (!note) return null;
  const done = () => {
    editor.panels.renaming.set(null);
    editor.view.focus();
  };
  return (
    <div
      id={`step-${id}`}
      className={`note note-${note.colour}`}
      role="note"
      aria-label={`Note: ${note.text || "empty"}`}
      data-testid="workflow-note"
      data-node-id={id}
      data-selected={selected || undefined}
      onDoubleClick={() => !editor.readOnly && editor.panels.renaming.set(id)}
    >
      {selected && !editor.readOnly && (
        <>
          <NodeResizer
            minWidth={120}
            minHeight={60}
            onResizeEnd={(_, { x, y, width, height }) =>
              editor.gesture((doc) =>
                doc.change(() => {
                  ops.move(doc, new Map([[id, [Math.round(x), Math.round(y)] as const]]));
                  ops.resize(doc, id, [Math.round(width), Math.round(height)]);
                }),
              )
            }
          />
          <div className="note-colours nodrag" role="group" aria-label="Colour of the note">
            {NOTE_COLOURS.map((colour) => (
              <button
                key={colour}
                type="button"
                className={`swatch note-${colour}`}
                aria-label={colour}
                aria-pressed={note.colour === colour}
                onClick={() => editor.gesture((doc) => ops.setNoteColour(doc, id, colour))}
              />
            ))}
          </div>
        </>
      )}
      {writing ? (
        <NoteText id={id} text={note.text} onDone={done} />
      ) : (
        <div className={`note-text note-shown ${selected ? "nowheel" : ""}`}>
          {note.text ? <Markdown text={note.text} /> : !editor.readOnly && <p>Double-click to write</p>}
        </div>
      )}
    </div>
  );
});
