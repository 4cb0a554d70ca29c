import { topological } from "../model/graph";
import { useEditor, useGraph } from "../model/hooks";
import { around, nested, type Nested } from "../model/nesting";
import { progressWords } from "../model/overlay";
import { duration, money } from "../model/summary";
import { StatusPill } from "../parts/StatusPill";
import { useOverlayRevision } from "./RunBar";

/** The steps of the shown run, in the order of the graph. */
export function RunSteps() {
  const editor = useEditor();
  useGraph();
  useOverlayRevision();
  const { overlay, store } = editor;
  const rows = (tree: readonly Nested[]): string[] => tree.flatMap(({ id, inner }) => [id, ...rows(inner)]);
  const steps = rows(nested(store, topological(store))).flatMap((id) => {
    const step = overlay.get(id);
    const progress = store.holds(id) ? overlay.progress(id, store.insideOf(id)) : null;
    return step ? [{ id, step, depth: around(store, id).length, progress }] : [];
  });
  if (!steps.length) return <p className="panel-hint">No step has started yet.</p>;
  return (
    <ul className="run-list">
      {steps.map(({ id, step, depth, progress }) => (
        <li key={id} style={{ paddingLeft: depth * 20 }}>
          <button
            type="button"
            className="run-row"
            data-testid="run-step"
            data-status={step.status}
            onClick={() => {
              editor.panels.tab.set("output");
              editor.goTo(id);
            }}
          >
            <span className="run-row-line">
              <StatusPill status={step.status} />
              <span className="truncate">{store.titleOf(id)}</span>
              {progress && <span className="quiet">{progressWords(progress)}</span>}
              <span className="spring" />
              <span className="mono quiet">{step.ms === null ? "" : duration(step.ms)}</span>
              <span className="mono quiet run-row-cost">{money(step.cost)}</span>
            </span>
            {step.error && step.status !== "succeeded" && <span className="field-error">{step.error.message}</span>}
          </button>
        </li>
      ))}
    </ul>
  );
}
