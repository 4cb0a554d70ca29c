import { useEditor, useNode, useSingle } from "../model/hooks";
import { KindTile } from "../parts/KindTile";

/** The settings of the selected step; fills the right column. */
export function Inspector() {
  const editor = useEditor();
  const step = useNode(useSingle());
  if (!step) return <p className="panel-hint">Select a step to see its settings.</p>;
  return (
    <header className="inspector-head">
      <KindTile type={editor.types.get(step.type)} />
      <h2>{editor.store.titleOf(step.id)}</h2>
    </header>
  );
}
