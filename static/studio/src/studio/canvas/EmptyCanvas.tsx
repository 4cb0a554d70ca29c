import * as actions from "../model/actions";
import { useEditor, useGraph } from "../model/hooks";
import { Icon } from "../parts/Icon";

/** Three starts where there is nothing yet: the start step, a template, a pasted workflow. */
export function EmptyCanvas() {
  const editor = useEditor();
  useGraph();
  if (editor.store.nodes.size || editor.store.notes.size) return null;
  if (editor.readOnly) return <p className="empty-canvas panel-hint">This workflow has no steps yet.</p>;
  return (
    <section className="empty-canvas" aria-label="Begin" data-testid="empty-canvas">
      <h2>How does this workflow begin?</h2>
      <div className="starts">
        <button
          type="button"
          className="start"
          onClick={() => {
            actions.addStep(editor, "core.start");
            editor.view.focus(); // this button is gone now
          }}
        >
          <Icon name="play" size={20} />
          <strong>With a form</strong>
          <span>Add a start step: its fields are what people or programs fill in.</span>
        </button>
        <button type="button" className="start" onClick={() => editor.panels.drawer.set("palette")}>
          <Icon name="layout-grid" size={20} />
          <strong>From the palette</strong>
          <span>Look through all step types and drag one here.</span>
        </button>
        <a className="start" href={editor.boot.urls.list}>
          <Icon name="layout-template" size={20} />
          <strong>From another workflow</strong>
          <span>Copy its steps, or duplicate it, and change what differs.</span>
        </a>
      </div>
    </section>
  );
}
