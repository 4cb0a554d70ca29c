import { BaseEdge, EdgeLabelRenderer, getBezierPath, type EdgeProps } from "@xyflow/react";
import { memo } from "react";
import { conditionWords } from "../model/conditions";
import { useEdge, useEditor, useObservable, useSelectedEdge, useTopic } from "../model/hooks";
import { UNDO_PORT } from "../model/ports";
import { Icon } from "../parts/Icon";
import { edgeLook } from "./edges";

/** An edge with its condition in words, and a + in its middle while it is pointed at. */
export const StepEdge = memo(function StepEdge(props: EdgeProps) {
  const editor = useEditor();
  const { overlay } = editor;
  const edge = useEdge(props.id);
  const wanted = useObservable(editor.panels.dropEdge) === props.id;
  const selected = useSelectedEdge() === props.id || wanted;
  const look = useTopic(overlay, "*", () => (edge ? edgeLook(edge, overlay) : "idle"));
  const diff = useObservable(editor.compared)?.edges.get(props.id);
  const [path, x, middle] = getBezierPath(props);
  if (!edge) return null;
  const words = edge.label || (edge.when ? `when ${conditionWords(edge.when)}` : edge.source_port === UNDO_PORT.name ? "undo" : "");
  const room = props.targetX - props.sourceX - 16;
  // Words that do not fit between two steps side by side stand above them.
  const above = Math.abs(props.targetY - props.sourceY) < 90 && words.length * 6 + 18 > room;
  const y = above && room > 0 ? Math.min(props.sourceY, props.targetY) - 72 : middle;
  const insert = (event: React.MouseEvent) => {
    event.stopPropagation();
    editor.panels.picker.set({ screen: [event.clientX, event.clientY], edge: edge.id });
  };
  return (
    <>
      <BaseEdge
        id={props.id}
        path={path}
        interactionWidth={20}
        className={`edge edge-${look} ${selected ? "edge-selected" : ""} ${diff ? `edge-diff-${diff}` : ""}`}
      />
      <EdgeLabelRenderer>
        <div
          className="edge-middle nodrag nopan"
          style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}
          data-selected={selected || undefined}
        >
          {words && <span className="edge-label" title={edge.when ?? undefined}>{words}</span>}
          {!editor.readOnly && (
            <button
              type="button"
              className="edge-add"
              aria-label="Insert a step here"
              title="Insert a step here"
              tabIndex={-1}
              data-testid="edge-add"
              onClick={insert}
            >
              <Icon name="plus" size={12} />
            </button>
          )}
        </div>
      </EdgeLabelRenderer>
    </>
  );
});
