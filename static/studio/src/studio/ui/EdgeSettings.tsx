import { FieldPeople, Overwritten } from "../inspector/FieldPeople";
import { useDraft } from "../inspector/useDraft";
import { useFieldPlace } from "../inspector/useFieldPlace";
import * as actions from "../model/actions";
import type { Edge } from "../model/boot";
import { useEdge, useEditor, useSelectedEdge } from "../model/hooks";
import { isObject } from "../model/json";
import * as ops from "../model/ops";
import { Button } from "../parts/Button";

/** The condition and the words of a connection. */
export function EdgeSettings() {
  const edge = useEdge(useSelectedEdge());
  return edge ? <Fields key={edge.id} edge={edge} /> : null;
}

function Fields({ edge }: { edge: Edge }) {
  const editor = useEditor();
  const { readOnly } = editor;
  const change = (next: { when?: string; label?: string }) =>
    editor.edit((doc) => ops.setEdge(doc, edge.id, next));
  const [label, writeLabel] = useDraft(edge.label, (text) => change({ label: text }));
  const [when, writeWhen] = useDraft(edge.when ?? "", (text) => change({ when: text }));
  const inLabel = useFieldPlace(`${edge.id}/label`);
  const inWhen = useFieldPlace(`${edge.id}/when`);
  return (
    <>
      <header className="inspector-head">
        <h2>Connection</h2>
      </header>
      <div className="edge-settings">
        <p className="quiet edge-ends">
          From <End id={edge.source} /> to <End id={edge.target} />
        </p>
        <Overwritten
          field={`edges/${edge.id}`}
          what="the connection"
          restore={(mine) => isObject(mine) && change({ label: String(mine["label"] ?? ""), when: String(mine["when"] ?? "") })}
        />
        <div className="field" {...inLabel}>
          <div className="field-head">
            <label htmlFor="edge-label">Label</label>
            <FieldPeople field={`${edge.id}/label`} />
          </div>
          <input
            id="edge-label"
            className="input"
            value={label}
            maxLength={200}
            readOnly={readOnly}
            onChange={(event) => writeLabel(event.target.value)}
          />
        </div>
        <div className="field" {...inWhen}>
          <div className="field-head">
            <label htmlFor="edge-when">Only when</label>
            <FieldPeople field={`${edge.id}/when`} />
          </div>
          <textarea
            id="edge-when"
            className="input input-mono"
            rows={3}
            value={when}
            maxLength={4096}
            readOnly={readOnly}
            spellCheck={false}
            placeholder="prev.amount < 50"
            aria-describedby="edge-when-hint"
            onChange={(event) => writeWhen(event.target.value)}
          />
          <span id="edge-when-hint" className="field-hint">
            An expression. When it is false, what follows is skipped. Empty: always.
          </span>
        </div>
        {!readOnly && (
          <Button
            icon="plus"
            data-testid="edge-insert"
            onClick={(event) => {
              const { left, bottom } = event.currentTarget.getBoundingClientRect();
              editor.panels.picker.set({ screen: [left, bottom + 4], edge: edge.id });
            }}
          >
            Insert a step
          </Button>
        )}
        {!readOnly && (
          <Button look="danger" icon="trash-2" onClick={() => actions.deleteSelection(editor)}>
            Delete the connection
          </Button>
        )}
      </div>
    </>
  );
}

/** A step that the connection leads from or to. */
function End({ id }: { id: string }) {
  const editor = useEditor();
  return (
    <button
      type="button"
      className="link"
      onClick={() => {
        editor.goTo(id);
        editor.panels.openInspector();
      }}
    >
      {editor.store.titleOf(id)}
    </button>
  );
}
