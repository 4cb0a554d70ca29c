import { useEffect, useMemo, useState } from "react";
import { followerOf } from "../collab/follower";
import { grouped, plain, sum } from "../model/decimals";
import { useEditor, useObservable, useTopic } from "../model/hooks";
import { FINISHED, type RunDetails } from "../model/runs";
import { duration, money } from "../model/summary";
import { Button, IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { shortId } from "../parts/RunHistory";
import { STATUS } from "../parts/StatusPill";
import { lazily } from "../parts/lazily";
import { Timeline } from "./Timeline";

const Scrubber = lazily(async () => (await import("./Scrubber")).Scrubber);

const TICK = 100;

/** The bar at the bottom: the run on the canvas, its time and cost, and how to steer it. */
export function RunBar() {
  const editor = useEditor();
  const run = useObservable(editor.shown.details);
  useEffect(() => {
    void followerOf(editor).open().catch(() => undefined); // the page's own copy stays
    void followerOf(editor).askUsual();
  }, [editor]);
  return (
    <footer className="run-bar" aria-label="Run">
      {run ? (
        <Shown run={run} />
      ) : (
        <span className="quiet">
          {editor.boot.lastRun ? "Loading the last run…" : "This workflow has not run yet."}
        </span>
      )}
    </footer>
  );
}

function Shown({ run }: { run: RunDetails }) {
  const editor = useEditor();
  const replay = useObservable(editor.replay);
  const revision = useOverlayRevision();
  const ticking = useNow(!replay && !FINISHED.has(run.status) && run.status !== "needs_attention");
  const now = replay ? replay.now : ticking;
  const finishedAt = run.finished_at ? Date.parse(run.finished_at) : null;
  const startedAt = run.started_at ? Date.parse(run.started_at) : null;
  const { word, icon, tone } = STATUS[run.status];
  return (
    <>
      <span className={`pill pill-${tone}`} data-testid="run-status" data-status={run.status} data-run={run.id}>
        <Icon name={icon} size={12} />
        {`Run ${shortId(run.id)} · ${word.toLowerCase()}`}
      </span>
      {replay ? (
        <Scrubber replay={replay} revision={revision} />
      ) : (
        <>
          <span className="mono run-time" data-testid="run-time">
            {startedAt === null ? "–" : duration(Math.max(0, (finishedAt ?? now) - startedAt))}
          </span>
          <Usually />
          <Timeline now={now} finishedAt={finishedAt} revision={revision} />
        </>
      )}
      <Totals run={run} revision={revision} />
      {!replay && <Steering run={run} />}
      {!replay && FINISHED.has(run.status) && (
        <IconButton icon="history" label="Replay the run" data-testid="replay" onClick={() => void followerOf(editor).replay()} />
      )}
      <a className="button button-quiet run-open" href={`/runs/${run.id}/`}>
        Open run
      </a>
      <PanelToggle />
    </>
  );
}

/** What this workflow's runs usually take. */
function Usually() {
  const words = useObservable(useEditor().usual)?.ofRuns();
  if (!words) return null;
  return (
    <span className="quiet run-usual" data-testid="run-usual" title="The middle one of the last 20 runs that succeeded">
      {`usually ${words}`}
    </span>
  );
}

/** What the run has cost so far; once it is over, what the server has settled. */
function Totals({ run, revision }: { run: RunDetails; revision: number }) {
  const editor = useEditor();
  const totals = useMemo(() => {
    const steps = [...editor.overlay.everywhere()].map(([, , step]) => step);
    return {
      cost: sum(steps.map((step) => step.cost)),
      tokens: steps.reduce((all, step) => all + (step.tokens ?? 0), 0),
    };
  }, [editor, revision]);
  const over = run.finished_at !== null;
  const cost = over && run.cost_usd !== null ? (plain(run.cost_usd) ?? totals.cost) : totals.cost;
  const tokens = over && run.tokens !== null ? run.tokens : totals.tokens;
  return (
    <>
      <span className="mono" data-testid="run-cost" data-cost={cost} title={`$${cost}`}>
        {money(cost) === "–" ? "$0.0000" : money(cost)}
      </span>
      <span className="mono quiet run-tokens">{`${grouped(tokens)} tok`}</span>
    </>
  );
}

function Steering({ run }: { run: RunDetails }) {
  const editor = useEditor();
  const follower = followerOf(editor);
  if (!editor.boot.permissions.run || FINISHED.has(run.status)) return null;
  const paused = run.status === "paused";
  return (
    <>
      <IconButton
        icon={paused ? "circle-play" : "pause"}
        label={paused ? "Resume the run" : "Pause after the steps that are running"}
        data-testid={paused ? "run-resume" : "run-pause"}
        onClick={() => void follower.steer(paused ? "resume" : "pause")}
      />
      <Button
        look="quiet"
        icon="circle-stop"
        aria-label="Cancel the run"
        data-testid="run-cancel"
        onClick={() => void follower.steer("cancel")}
      >
        <span className="run-word">Cancel</span>
      </Button>
    </>
  );
}

function PanelToggle() {
  const { panels } = useEditor();
  const open = useObservable(panels.runPanel);
  return (
    <IconButton
      icon={open ? "chevron-down" : "chevron-up"}
      label={open ? "Hide the steps of the run" : "Show the steps of the run"}
      aria-expanded={open}
      data-testid="run-panel-toggle"
      onClick={() => panels.runPanel.set(!open)}
    />
  );
}

/** Count changes of any step, so that sums are made anew once a frame at most. */
export function useOverlayRevision(): number {
  const { overlay } = useEditor();
  const [revision, setRevision] = useState(0);
  useEffect(() => overlay.on("*", () => setRevision((count) => count + 1)), [overlay]);
  useTopic(overlay, "run", () => overlay.run);
  return revision;
}

/** Return the present time, ticking while something runs. */
function useNow(ticking: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => setNow(Date.now()), TICK);
    return () => clearInterval(timer);
  }, [ticking]);
  return now;
}
