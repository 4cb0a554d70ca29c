import { useEffect } from "react";
import { followerOf } from "../collab/follower";
import { runPart } from "../collab/trying";
import type { NodeRun, RunError, Step } from "../model/boot";
import type { Editor } from "../model/editor";
import { useEditor, useObservable, useRunOverlay, useStepRun, useWritten } from "../model/hooks";
import { MOST_WIDTH, USUAL_WIDTH } from "../model/panels";
import { duration, money } from "../model/summary";
import { Button } from "../parts/Button";
import { DataView } from "../parts/DataView";
import { Icon } from "../parts/Icon";
import { StatusPill } from "../parts/StatusPill";
import { Parts } from "./Parts";
import { PinnedOutput } from "./PinnedOutput";
import { RoundPicker } from "./RoundPicker";

/** What came into a step in the shown run: the outputs before it, the run's inputs, and what it got. */
export function InputTab({ step }: { step: Step }) {
  const editor = useEditor();
  const run = useObservable(editor.shown.details);
  const own = useStepRun(step.id);
  useFreshData(step.id);
  if (!run) return <NoRun />;
  const { store } = editor;
  const item = editor.shown.roundOf(step.id, store.holderOf(step.id))?.item;
  const sources = [...new Set([...store.edgesInto(step.id)].flatMap((edge) => store.edges.get(edge)?.source ?? []))];
  const hasOutput = (id: string) => editor.shown.step(id)?.output !== undefined;
  return (
    <div className="step-data side-by-side">
      <RoundPicker id={step.id} />
      <div className="step-data-column">
        <Beside />
        {sources.filter(hasOutput).map((id) => (
          <DataView
            key={id}
            label={store.titleOf(id)}
            value={editor.shown.step(id)?.output ?? null}
            path={sources.length === 1 ? "prev" : `nodes.${id}.output`}
          />
        ))}
        {item !== undefined && <DataView label="Item of this round" value={item} path="item" />}
        {step.type !== "core.start" && <DataView label="Inputs of the run" value={run.inputs} path="input" />}
        {own && own.input !== null && (
          <DataView label="What the step got" value={own.input} testId="input-json" />
        )}
        <p className="field-hint">
          To use a value in a field, drag it over Setup and into the field, or copy its path.
        </p>
      </div>
      <div className="step-data-column only-wide">
        <Output step={step} />
      </div>
    </div>
  );
}

const BESIDE = 512; // with its padding taken off, the styles put the two side by side

/** Input and output side by side need more room than the settings have by themselves. */
function Beside() {
  const { panels } = useEditor();
  const isBeside = useObservable(panels.inspectorWidth) >= BESIDE;
  return (
    <Button
      look="quiet"
      icon={isBeside ? "minimize-2" : "panel-right"}
      className="beside"
      aria-pressed={isBeside}
      data-testid="data-beside"
      onClick={() => panels.inspectorWidth.set(isBeside ? USUAL_WIDTH : MOST_WIDTH)}
    >
      Output beside
    </Button>
  );
}

/** What a step gave in the shown run, in one of the rounds of the loop around it. */
export function OutputTab({ step }: { step: Step }) {
  const editor = useEditor();
  return (
    <>
      <RoundPicker id={step.id} />
      <PinnedOutput step={step} />
      <Output step={step} />
      {editor.store.holds(step.id) && <Parts holder={step.id} />}
    </>
  );
}

/** What a step gave; while a model writes, its words as they come. */
function Output({ step }: { step: Step }) {
  const editor = useEditor();
  const run = useObservable(editor.shown.details);
  const overlay = useRunOverlay(step.id);
  const own = useStepRun(step.id);
  const written = useWritten(step.id);
  const usual = useObservable(editor.usual)?.ofStep(step.id);
  useFreshData(step.id);
  if (!run) return <NoRun />;
  if (!overlay) return <p className="panel-hint">{whyNothing(editor, step.id)}</p>;
  const error = overlay.error ?? own?.error ?? null;
  const busy = overlay.status === "running" || overlay.status === "retrying";
  return (
    <div className="step-data">
      <p className="step-facts">
        <StatusPill status={overlay.status} />
        {overlay.ms !== null && <span className="mono">{duration(overlay.ms)}</span>}
        {money(overlay.cost) !== "–" && <span className="mono">{money(overlay.cost)}</span>}
        {!!overlay.tokens && <span className="mono">{`${overlay.tokens} tok`}</span>}
        {usual && <span className="quiet">{`usually ${usual}`}</span>}
        {overlay.attempt > 1 && <span>{`attempt ${overlay.attempt}`}</span>}
      </p>
      {error && overlay.status !== "succeeded" && <ErrorBlock error={error} node={step.id} />}
      {busy && written && (
        <section className="data" aria-label="Being written">
          <header className="data-head">
            <h3>Being written</h3>
          </header>
          <p className="written" data-testid="written">
            {written}
          </p>
        </section>
      )}
      {own && hasData(own) && (
        <DataView
          label="Output"
          value={own.output}
          path={`nodes.${step.id}.output`}
          testId="output-json"
        />
      )}
      {!!own?.logs.length && <Logs lines={own.logs} />}
    </div>
  );
}

function whyNothing({ store, overlay, replay }: Editor, id: string): string {
  if (replay.value) return "At this moment of the run the step had not begun.";
  const holder = store.holderOf(id);
  const busy = holder !== undefined && overlay.get(holder)?.status === "running";
  if (overlay.rounds.frameOf(id))
    return busy ? "This round has not come to this step." : "This step did not take part in this round.";
  const items = holder === undefined ? null : (overlay.get(holder)?.items ?? null);
  if (items === null) return "This step did not take part in the run.";
  return items
    ? "Other runs go through the parts of this long list. Open the run to find them."
    : "The list was empty: there was no round.";
}

function hasData(run: NodeRun): boolean {
  return run.status === "succeeded" || (run.output !== null && run.output !== undefined);
}

/** Fetch what is stored as soon as the step has something new. */
function useFreshData(id: string): void {
  const editor = useEditor();
  const overlay = useRunOverlay(id);
  const own = useStepRun(id);
  const replayed = useObservable(editor.replay) !== null; // then it is all there
  const stale = !replayed && overlay !== undefined && overlay.status !== own?.status;
  useEffect(() => {
    if (stale) followerOf(editor).refreshSteps();
  }, [editor, stale, overlay?.status]);
}

function NoRun() {
  const editor = useEditor();
  return (
    <div className="panel-hint">
      <p>Run the workflow to see the data of this step.</p>
      {editor.boot.permissions.run && (
        <Button icon="play" onClick={() => editor.panels.dialog.set("run")}>
          Test run
        </Button>
      )}
    </div>
  );
}

/** Why a step failed and what to do; the run can go on from here. */
export function ErrorBlock({ error, node }: { error: RunError; node: string }) {
  const editor = useEditor();
  const finished = useObservable(editor.shown.details)?.finished_at;
  return (
    <section className="error-block" role="group" aria-label="Error" data-testid="step-error">
      <p className="error-message">
        <Icon name="circle-alert" size={14} />
        <strong>{error.message}</strong>
      </p>
      {error.hint && <p>{error.hint}</p>}
      <p className="mono quiet">{error.code}</p>
      {editor.boot.permissions.run && finished && (
        <Button icon="repeat" onClick={() => void runPart(editor, "from", node)}>
          Run again from here
        </Button>
      )}
    </section>
  );
}

function Logs({ lines }: { lines: readonly string[] }) {
  return (
    <section className="data" aria-label="Log">
      <header className="data-head">
        <h3>Log</h3>
      </header>
      <pre className="data-json">{lines.join("\n")}</pre>
    </section>
  );
}

