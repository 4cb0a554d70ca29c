import { useEdge, useEditor, useSelectedEdge } from "../model/hooks";
import * as actions from "../model/actions";
import * as ops from "../model/ops";
import { Button } from "../parts/Button";

/** The condition and the words of a connection. */
export function EdgeSettings() {
  const editor = useEditor();
  const edge = useEdge(useSelectedEdge());
  if (!edge) return null;
  const { store, readOnly } = editor;
  const change = (next: { when?: string; label?: string }) =>
    editor.edit((doc) => ops.setEdge(doc, edge.id, next));
  return (
    <>
      <header className="inspector-head">
        <h2>Connection</h2>
      </header>
      <div className="edge-settings">
        <p className="quiet">
          From {store.titleOf(edge.source)} to {store.titleOf(edge.target)}
        </p>
        <div className="field">
          <label htmlFor="edge-label">Label</label>
          <input
            id="edge-label"
            className="input"
            key={`label ${edge.id}`}
            defaultValue={edge.label}
            maxLength={200}
            readOnly={readOnly}
            onChange={(event) => change({ label: event.target.value })}
          />
        </div>
        <div className="field">
          <label htmlFor="edge-when">Only when</label>
          <textarea
            id="edge-when"
            className="input input-mono"
            rows={3}
            key={`when ${edge.id}`}
            defaultValue={edge.when ?? ""}
            maxLength={4096}
            readOnly={readOnly}
            spellCheck={false}
            placeholder="prev.amount < 50"
            aria-describedby="edge-when-hint"
            onChange={(event) => change({ when: event.target.value })}
          />
          <span id="edge-when-hint" className="field-hint">
            An expression. When it is false, what follows is skipped. Empty: always.
          </span>
        </div>
        {!readOnly && (
          <Button look="danger" icon="trash-2" onClick={() => actions.deleteSelection(editor)}>
            Delete the connection
          </Button>
        )}
      </div>
    </>
  );
}
