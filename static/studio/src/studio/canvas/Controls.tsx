import { useEditor, useObservable } from "../model/hooks";
import { IconButton } from "../parts/Button";

/** Undo, zoom, fit and layout, at the canvas's lower left. */
export function Controls({ onArrange }: { onArrange: () => void }) {
  const editor = useEditor();
  const { undo, redo } = useObservable(editor.undoState);
  const { zoom } = useObservable(editor.view.viewport);
  const { camera } = editor.view;
  return (
    <div className="controls" role="toolbar" aria-label="View">
      {!editor.readOnly && (
        <>
          <IconButton icon="undo-2" label="Undo (Ctrl+Z)" disabled={!undo} onClick={() => editor.undo()} data-testid="undo" />
          <IconButton icon="redo-2" label="Redo (Ctrl+Y)" disabled={!redo} onClick={() => editor.redo()} data-testid="redo" />
          <span className="divider" />
        </>
      )}
      <IconButton icon="minus" label="Zoom out (-)" onClick={() => editor.view.camera?.zoomTo(zoom / 1.2)} />
      <button
        type="button"
        className="zoom-level"
        title="Zoom to 100 % (0)"
        aria-label={`Zoom ${Math.round(zoom * 100)} %, set to 100 %`}
        onClick={() => editor.view.camera?.zoomTo(1)}
      >
        {Math.round(zoom * 100)} %
      </button>
      <IconButton icon="plus" label="Zoom in (+)" onClick={() => editor.view.camera?.zoomTo(zoom * 1.2)} />
      <IconButton icon="maximize" label="Show everything (1)" onClick={() => (camera ?? editor.view.camera)?.fit()} data-testid="fit-view" />
      {!editor.readOnly && (
        <IconButton icon="layout-grid" label="Lay out (L)" onClick={onArrange} data-testid="arrange" />
      )}
    </div>
  );
}
