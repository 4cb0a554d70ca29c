import type { NodeProps } from "@xyflow/react";
import { NodeResizer } from "@xyflow/react";
import { memo, useRef } from "react";
import { membersOf } from "../model/groups";
import { useEditor, useGraph, useNote, useObservable, useSelected } from "../model/hooks";
import * as ops from "../model/ops";
import { counted } from "../model/summary";
import { Icon } from "../parts/Icon";

/** A frame behind steps that belong together: only its head takes the pointer, and goes with them. */
export const GroupCard = memo(function GroupCard({ id }: NodeProps) {
  const editor = useEditor();
  const note = useNote(id);
  const selected = useSelected(id);
  const naming = useObservable(editor.panels.renaming) === id;
  const input = useRef<HTMLInputElement>(null);
  useGraph();
  if (!note) return null;
  const count = counted(membersOf(editor.store, id).length, "things");
  const done = (keep: boolean) => {
    const text = input.current?.value.trim() ?? "";
    editor.panels.renaming.set(null);
    if (keep && text && text !== note.text) editor.gesture((doc) => ops.setText(doc, id, "text", text));
    editor.view.focus();
  };
  return (
    <div
      id={`step-${id}`}
      className={`group-frame note-${note.colour}`}
      role="group"
      aria-label={`Group ${note.text}, ${count}`}
      data-testid="workflow-group"
      data-node-id={id}
      data-selected={selected || undefined}
    >
      {selected && !editor.readOnly && (
        <NodeResizer
          minWidth={160}
          minHeight={120}
          onResizeEnd={(_, { x, y, width, height }) =>
            editor.gesture((doc) =>
              doc.change(() => {
                ops.move(doc, new Map([[id, [Math.round(x), Math.round(y)] as const]]));
                ops.resize(doc, id, [Math.round(width), Math.round(height)]);
              }),
            )
          }
        />
      )}
      <header className="group-head" onDoubleClick={() => !editor.readOnly && editor.panels.renaming.set(id)}>
        <Icon name="group" size={14} />
        {naming ? (
          <input
            ref={input}
            className="step-rename nodrag nopan"
            aria-label="Name of the group"
            defaultValue={note.text}
            maxLength={200}
            autoFocus
            onFocus={(event) => event.currentTarget.select()}
            onBlur={() => editor.panels.renaming.value === id && done(true)}
            onKeyDown={(event) => {
              event.stopPropagation();
              if (event.key === "Enter") done(true);
              if (event.key === "Escape") done(false);
            }}
          />
        ) : (
          <strong className="truncate">{note.text}</strong>
        )}
      </header>
    </div>
  );
});
