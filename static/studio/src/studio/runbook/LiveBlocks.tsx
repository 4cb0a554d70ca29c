import { useEffect, useState, type ReactNode } from "react";
import { ApiError } from "../../lib/api";
import { followerOf, reason } from "../collab/follower";
import { questionOf, type Question } from "../collab/runbookApi";
import { socketOf } from "../collab/socket";
import { useEditor, useNode, useObservable, useRunOverlay } from "../model/hooks";
import { FINISHED, type RunDetails } from "../model/runs";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";
import { StatusPill } from "../parts/StatusPill";
import { When } from "../parts/When";

const SETTLING = 300; // what happens at once is looked at together
const AGAIN = 3_000; // before the first look without the socket; then less and less often
const SLOWEST = 60_000;

/** A step, with its status in the shown run; pressing it leads to the step. */
export function StepBlock({ id }: { id: string }) {
  const editor = useEditor();
  const step = useNode(id);
  const run = useRunOverlay(id);
  if (!step) return <Gone>This step was deleted.</Gone>;
  const type = editor.types.get(step.type);
  const go = () => {
    if (matchMedia("(max-width: 719px)").matches) editor.panels.runbook.set(null);
    else if (editor.panels.runbook.value === "full") editor.panels.runbook.set("beside");
    editor.goTo(id);
    editor.announcer.say(`${editor.store.titleOf(id)}, selected on the canvas`);
  };
  return (
    <button type="button" className="live-block" data-testid="live-step" data-node={id} onClick={go}>
      <KindTile type={type} />
      <Words title={editor.store.titleOf(id)}>
        {type?.label ?? step.type}
        {step.disabled && " · switched off"}
      </Words>
      {run ? <StatusPill status={run.status} /> : <span className="quiet">Not run yet</span>}
    </button>
  );
}

/** A run: as it goes on where it is on the canvas, else as the server says whenever something happened. */
export function RunBlock({ id }: { id: string }) {
  const editor = useEditor();
  const shown = useObservable(editor.shown.details);
  const { found, wrong } = useLooked<RunDetails>(id, () => followerOf(editor).api.run(id), (run) => (FINISHED.has(run.status) ? null : run.id));
  const run = shown?.id === id ? shown : found;
  if (!run) return wrong === "gone" ? <Gone>This run is not here: it was removed, or you may not see it.</Gone> : <Waiting what="run" wrong={wrong} />;
  return (
    <a className="live-block" href={`/runs/${id}/`} data-testid="live-run" data-status={run.status}>
      <span className="live-icon"><Icon name="activity" /></span>
      <Words title={`Run ${id.slice(-6).toUpperCase()}`}>
        {run.version.number === null ? "Draft" : `Version ${run.version.number}`}, <When time={run.created_at} />
      </Words>
      <StatusPill status={run.status} />
    </a>
  );
}

const STATES: Record<Question["status"], { word: string; icon: string; tone: string }> = {
  open: { word: "Open", icon: "hand", tone: "wait" },
  decided: { word: "Decided", icon: "check", tone: "ok" },
  expired: { word: "Expired", icon: "clock", tone: "neutral" },
  cancelled: { word: "Cancelled", icon: "circle-stop", tone: "neutral" },
};

/** A question that a run asks: who decides, or how it was decided. */
export function ApprovalBlock({ id }: { id: string }) {
  const { boot } = useEditor();
  const { found, wrong } = useLooked<Question>(id, () => questionOf(boot.urls, id), (question) => (question.status === "open" ? question.run : null));
  if (!found)
    return wrong === "gone" ? <Gone>This approval is not here: it was removed, or you may not see it.</Gone> : <Waiting what="approval" wrong={wrong} />;
  const { word, icon, tone } = STATES[found.status];
  return (
    <a className="live-block" href={`/approvals/${id}/`} data-testid="live-approval" data-status={found.status}>
      <span className="live-icon"><Icon name="hand" /></span>
      <Words title={found.title}>{deciders(found)}</Words>
      <span className={`pill pill-${tone}`}>
        <Icon name={icon} size={12} />
        {word}
      </span>
    </a>
  );
}

function deciders({ status, assignees, actions, decision, decided_by: by }: Question): string {
  if (status === "open") return `Decides: ${assignees.join(", ") || "whoever may decide here"}`;
  if (status === "expired") return "Nobody decided in time";
  if (status === "cancelled") return "The run ended before somebody decided";
  const said = actions.find((action) => action.id === decision)?.label ?? decision;
  return by ? `${said}, by ${by}` : said;
}

function Words({ title, children }: { title: string; children: ReactNode }) {
  return (
    <span className="live-words">
      <strong className="truncate">{title}</strong>
      <span className="truncate quiet">{children}</span>
    </span>
  );
}

/** What was deleted, or is not for this person, is said to be so. */
function Gone({ children }: { children: ReactNode }) {
  return (
    <p className="live-block gone" data-testid="live-gone">
      <Icon name="ban" />
      {children}
    </p>
  );
}

function Waiting({ what, wrong }: { what: string; wrong: string }) {
  return <p className="live-block gone">{wrong ? `The ${what} could not be looked up: ${wrong}` : `Looking up the ${what}…`}</p>;
}

/** Look something up, and again when its run tells of something; `gone` is what is not there. */
function useLooked<T>(id: string, look: () => Promise<T>, runOf: (found: T) => string | null): { found: T | null; wrong: string } {
  const editor = useEditor();
  const [state, setState] = useState<{ found: T | null; wrong: string }>({ found: null, wrong: "" });
  useEffect(() => {
    const socket = socketOf(editor);
    let timer: ReturnType<typeof setTimeout> | null = null;
    let isSettling = false;
    let left = false;
    let looks = 0;
    let watched: string | null = null;
    let stop = () => {};
    const wait = (ms: number, then: () => void) => {
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(then, ms);
    };
    const heard = () => {
      if (isSettling) return;
      isSettling = true;
      wait(SETTLING, () => void ask());
    };
    const watch = (run: string | null) => {
      if (run === watched) return;
      stop();
      watched = run;
      stop = run === null ? () => {} : socket.watch(run, heard);
    };
    // Also while the socket is there: an event that was lost on the way is made good.
    const again = () => {
      const pause = socket.isOpen ? SLOWEST : Math.min(SLOWEST, AGAIN * 2 ** looks);
      looks += 1;
      wait(pause, () => (document.hidden ? again() : void ask()));
    };
    const ask = async () => {
      isSettling = false;
      try {
        const found = await look();
        if (left) return;
        setState({ found, wrong: "" });
        watch(runOf(found));
        if (watched !== null && !isSettling) again();
      } catch (error) {
        if (left) return;
        const gone = error instanceof ApiError && (error.status === 404 || error.status === 403);
        setState((before) => ({ found: gone ? null : before.found, wrong: gone ? "gone" : reason(error) }));
        if (gone) watch(null);
        else if (!isSettling) again();
      }
    };
    if (id) void ask();
    else setState({ found: null, wrong: "gone" });
    return () => {
      left = true;
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }, [editor, id]); // what is looked up follows from the id alone
  return state;
}
