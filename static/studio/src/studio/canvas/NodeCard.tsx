import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { NodeType, Step } from "../model/boot";
import { useCommentsOf, useDiffMark, useEditor, useFocused, useNode, usePinned, useProblemsOf, useRunOverlay, useSelected, useWillRun } from "../model/hooks";
import type { NodeOverlay } from "../model/overlay";
import { inputsOf, outputsOf } from "../model/ports";
import { money, summary } from "../model/summary";
import { readable } from "../model/withheld";
import { KindTile } from "../parts/KindTile";
import { STATUS, StatusPill } from "../parts/StatusPill";
import { CardTitle, DiffMark, Elapsed, PinMark, ProblemMark, UsualTime } from "./CardParts";
import { PortLabels, Ports } from "./Ports";

/** A step on the canvas. Its size follows from its ports alone, so nothing is ever measured. */
export const NodeCard = memo(function NodeCard({ id, dragging }: NodeProps) {
  const editor = useEditor();
  const step = useNode(id);
  const run = useRunOverlay(id);
  const selected = useSelected(id);
  const focused = useFocused(id);
  const problems = useProblemsOf(id);
  const pinned = usePinned(id);
  const willRun = useWillRun(id);
  const diff = useDiffMark(id);
  const comments = useCommentsOf(id);
  if (!step) return null;
  const type = editor.types.get(step.type);
  const outputs = outputsOf(type, step);
  return (
    <article
      id={`step-${id}`}
      className="step"
      aria-label={[described(type, step, run, problems.length, pinned), comments].filter(Boolean).join(", ")}
      data-testid="workflow-node"
      data-node-id={id}
      data-type={step.type}
      data-status={run?.status ?? "idle"}
      data-selected={selected || undefined}
      data-focused={focused || undefined}
      data-disabled={step.disabled || undefined}
      data-dragging={dragging || undefined}
      data-pinned={pinned || undefined}
      data-will-run={willRun || undefined}
      data-diff={diff}
    >
      {diff && <DiffMark how={diff} />}
      <header className="step-head">
        <KindTile type={type} />
        {pinned && <PinMark />}
        <CardTitle id={id} />
        <ProblemMark problems={problems} />
        {run ? <StatusPill status={run.status} /> : step.disabled && <span className="pill pill-neutral">Off</span>}
      </header>
      <p className="step-line truncate">{lineOf(type, step, run)}</p>
      <PortLabels ports={outputs} />
      <footer className="step-foot">
        {run ? <Elapsed run={run} /> : <UsualTime id={id} />}
        <span>{money(run?.cost)}</span>
      </footer>
      <Ports step={step} />
    </article>
  );
});

function lineOf(type: NodeType | undefined, step: Step, run: NodeOverlay | undefined): string {
  if (run?.status === "failed" && run.error) return run.error.message;
  return run?.preview ? readable(run.preview) : summary(type, step);
}

/** What a screen reader says of a step. */
export function described(
  type: NodeType | undefined,
  step: Step,
  run: NodeOverlay | undefined,
  problems: number,
  pinned: boolean,
): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return [
    step.title || type?.label || step.type,
    `${type?.label ?? step.type} step`,
    run && STATUS[run.status].word.toLowerCase(),
    run && run.ms !== null && `${(run.ms / 1000).toFixed(1)} seconds`,
    pinned && "pinned",
    step.disabled && "switched off",
    problems && count(problems, "problem"),
    count(inputsOf(type).length, "input"),
    count(outputsOf(type, step).length, "output"),
  ]
    .filter(Boolean)
    .join(", ");
}
