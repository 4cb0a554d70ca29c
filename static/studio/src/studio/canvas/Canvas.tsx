import { useEditor, useGraph } from "../model/hooks";

/** The graph. */
export function Canvas() {
  const { store } = useEditor();
  useGraph();
  return (
    <div className="canvas" data-testid="canvas-ready">
      {[...store.nodes.keys()].map((id) => (
        <p key={id}>{store.titleOf(id)}</p>
      ))}
    </div>
  );
}
