import { topological } from "../model/graph";
import { useEditor, useGraph } from "../model/hooks";
import { duration, money } from "../model/summary";
import { StatusPill } from "../parts/StatusPill";
import { useOverlayRevision } from "./RunBar";

/** The steps of the shown run, in the order of the graph. */
export function RunSteps() {
  const editor = useEditor();
  useGraph();
  useOverlayRevision();
  const { overlay, store } = editor;
  const steps = topological(store).flatMap((id) => {
    const step = overlay.get(id);
    return step ? [{ id, step }] : [];
  });
  if (!steps.length) return <p className="panel-hint">No step has started yet.</p>;
  return (
    <ul className="run-list">
      {steps.map(({ id, step }) => (
        <li key={id}>
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
