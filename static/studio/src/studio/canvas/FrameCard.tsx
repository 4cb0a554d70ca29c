import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import { progressWords } from "../model/overlay";
import {
  useDiffMark,
  useEditor,
  useFocused,
  useGraph,
  useNode,
  useObservable,
  usePinned,
  useProblemsOf,
  useProgress,
  useRunOverlay,
  useSelected,
  useWillRun,
} from "../model/hooks";
import { outputsOf } from "../model/ports";
import { counted, money, summary } from "../model/summary";
import { KindTile } from "../parts/KindTile";
import { StatusPill } from "../parts/StatusPill";
import { CardTitle, DiffMark, Elapsed, PinMark, ProblemMark } from "./CardParts";
import { described } from "./NodeCard";
import { PortLabels, Ports } from "./Ports";

/** A step that holds others: its frame lies behind them, and only its head is taken hold of. */
export const FrameCard = memo(function FrameCard({ id, dragging }: NodeProps) {
  const editor = useEditor();
  const step = useNode(id);
  const run = useRunOverlay(id);
  const selected = useSelected(id);
  const focused = useFocused(id);
  const problems = useProblemsOf(id);
  const pinned = usePinned(id);
  const willRun = useWillRun(id);
  const diff = useDiffMark(id);
  const progress = useProgress(id);
  const wanted = useObservable(editor.panels.dropFrame) === id;
  useGraph();
  if (!step) return null;
  const type = editor.types.get(step.type);
  const inner = editor.store.insideOf(id).length;
  const words = progress && progressWords(progress);
  return (
    <article
      id={`step-${id}`}
      className="step frame kind-frame"
      style={{ "--hue": type?.hue ?? 0 } as React.CSSProperties}
      aria-label={[described(type, step, run, problems.length, pinned), counted(inner, "steps") + " inside", words].filter(Boolean).join(", ")}
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
      data-wanted={wanted || undefined}
    >
      {diff && <DiffMark how={diff} />}
      <header className="step-head frame-head">
        <KindTile type={type} />
        {pinned && <PinMark />}
        <CardTitle id={id} />
        <ProblemMark problems={problems} />
        {run && (run.ms !== null || run.status === "running") && (
          <span className="frame-facts mono">
            <Elapsed run={run} />
            {money(run.cost) !== "–" && ` · ${money(run.cost)}`}
          </span>
        )}
        {words && (
          <span className="frame-progress" data-testid="frame-progress">
            {words}
          </span>
        )}
        {run ? <StatusPill status={run.status} /> : step.disabled && <span className="pill pill-neutral">Off</span>}
      </header>
      <p className="step-line frame-line truncate">
        {run?.status === "failed" && run.error ? run.error.message : summary(type, step)}
      </p>
      {!inner && <p className="frame-empty">Drop steps here</p>}
      <PortLabels ports={outputsOf(type, step)} />
      <Ports step={step} />
    </article>
  );
});
