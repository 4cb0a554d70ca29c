import { useEffect } from "react";
import { followerOf, reason } from "../collab/follower";
import { useEditor, useObservable } from "../model/hooks";
import { duration, money } from "../model/summary";
import { startedBy, type RunDetails } from "../model/runs";
import { Button } from "./Button";
import { StatusPill } from "./StatusPill";
import { When } from "./When";

/** The newest runs of this workflow; one that is picked is shown on the canvas. */
export function RunHistory() {
  const editor = useEditor();
  const follower = followerOf(editor);
  const runs = useObservable(follower.recent);
  const shown = useObservable(editor.shown.details);
  useEffect(() => {
    void follower.refreshRecent();
  }, [follower]);
  const problem = useObservable(follower.recentProblem);
  if (!runs && problem)
    return (
      <p className="panel-hint field-error" role="alert">
        {problem} <Button look="quiet" onClick={() => void follower.refreshRecent()}>Try again</Button>
      </p>
    );
  if (!runs) return <p className="panel-hint" role="status">Loading the runs…</p>;
  if (!runs.length) return <p className="panel-hint">This workflow has not run yet.</p>;
  const pick = (run: RunDetails) =>
    follower.show(run.id).catch((error: unknown) => editor.say(reason(error), "bad"));
  return (
    <ul className="run-list" data-testid="run-history">
      {runs.map((run) => (
        <li key={run.id}>
          <button
            type="button"
            className="run-row"
            aria-pressed={run.id === shown?.id}
            data-testid="run-history-row"
            onClick={() => void pick(run)}
          >
            <span className="run-row-line">
              <StatusPill status={run.status} />
              <span className="mono">{shortId(run.id)}</span>
              <span className="spring" />
              <When time={run.created_at} />
            </span>
            <span className="run-row-line quiet">
              <span>{run.version.number === null ? "Draft" : `v${run.version.number}`}</span>
              <span>{startedBy(run.trigger)}</span>
              <span className="spring" />
              <span className="mono">{tookOf(run)}</span>
              <span className="mono">{money(run.cost_usd)}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Return what people call a run by. */
export function shortId(id: string): string {
  return id.slice(-4).toUpperCase();
}

function tookOf(run: RunDetails): string {
  if (!run.started_at || !run.finished_at) return "";
  return duration(Date.parse(run.finished_at) - Date.parse(run.started_at));
}
