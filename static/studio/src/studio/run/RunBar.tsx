import { useRun } from "../model/hooks";
import { StatusPill } from "../parts/StatusPill";

/** The bar at the bottom: the run on the canvas, its time and cost. */
export function RunBar() {
  const run = useRun();
  return (
    <footer className="run-bar" aria-label="Run">
      {run ? (
        <span data-testid="run-status" data-status={run.status}>
          <StatusPill status={run.status} />
        </span>
      ) : (
        <span className="quiet">This workflow has not run yet.</span>
      )}
    </footer>
  );
}
