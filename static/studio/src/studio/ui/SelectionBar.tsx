import { layoutOnCanvas } from "../parts/layout";
import * as actions from "../model/actions";
import { align, ALIGNMENTS, distribute } from "../model/aligning";
import { groupSelection } from "../model/groups";
import { useEditor, useSelection } from "../model/hooks";
import { IconButton } from "../parts/Button";

/** What can be done with several selected things: put in line, laid out, copied, deleted. */
export function SelectionBar() {
  const editor = useEditor();
  const { size } = useSelection();
  if (size < 2 || editor.readOnly) return null;
  return (
    <div className="selection-bar" role="toolbar" aria-label="Selection" data-testid="selection-bar">
      <span className="quiet">{`${size} selected`}</span>
      <span className="divider" />
      {ALIGNMENTS.map(([how, icon, label]) => (
        <IconButton key={how} icon={icon} label={label} data-testid={`align-${how}`} onClick={() => align(editor, how)} />
      ))}
      <span className="divider" />
      <IconButton icon="align-horizontal-distribute-center" label="Same room between, across" disabled={size < 3} data-testid="distribute-across" onClick={() => distribute(editor, "across")} />
      <IconButton icon="align-vertical-distribute-center" label="Same room between, down" disabled={size < 3} data-testid="distribute-down" onClick={() => distribute(editor, "down")} />
      <IconButton icon="layout-grid" label="Lay out the selection (L)" onClick={() => void actions.arrange(editor, layoutOnCanvas)} />
      <span className="divider" />
      <IconButton icon="group" label="Group (Ctrl+G)" data-testid="group" onClick={() => void groupSelection(editor)} />
      <IconButton icon="copy-plus" label="Duplicate (Ctrl+D)" onClick={() => actions.duplicateSelection(editor)} />
      <IconButton icon="trash-2" label="Delete (Del)" onClick={() => actions.deleteSelection(editor)} />
    </div>
  );
}
