import { useEditor, useObservable } from "../model/hooks";
import { RunHistory } from "../parts/RunHistory";
import { Approvals } from "./Approvals";
import { FailedSteps } from "./FailedSteps";
import { RunSteps } from "./RunSteps";

/** What stands above the run bar: questions to people, failed steps, and the steps when opened. */
export function RunPanel() {
  const { panels } = useEditor();
  const open = useObservable(panels.runPanel);
  return (
    <>
      <Approvals />
      <FailedSteps />
      {open && (
        <section className="run-panel" aria-label="Steps of the run" data-testid="run-panel">
          <div className="run-panel-steps">
            <h2>Steps</h2>
            <RunSteps />
          </div>
          <div className="run-panel-history">
            <h2>Last runs</h2>
            <RunHistory />
          </div>
        </section>
      )}
    </>
  );
}
