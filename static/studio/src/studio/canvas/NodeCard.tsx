import { Handle, Position, type NodeProps } from "@xyflow/react";
import { memo, useEffect, useRef, useState } from "react";
import type { NodeType, Port, Step } from "../model/boot";
import { useEditor, useFocused, useNode, useObservable, useProblemsOf, useRunOverlay, useSelected, useTopic } from "../model/hooks";
import { lostPorts } from "../model/graph";
import * as ops from "../model/ops";
import type { NodeOverlay } from "../model/overlay";
import { inputsOf, outputsOf, portTop } from "../model/ports";
import { duration, money, summary } from "../model/summary";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";
import { STATUS, StatusPill } from "../parts/StatusPill";
import { usePortState } from "./connecting";
import { PortShape } from "./PortShape";

/** A step on the canvas. Its size follows from its ports alone, so nothing is ever measured. */
export const NodeCard = memo(function NodeCard({ id, dragging }: NodeProps) {
  const editor = useEditor();
  const step = useNode(id);
  const run = useRunOverlay(id);
  const selected = useSelected(id);
  const focused = useFocused(id);
  const problems = useProblemsOf(id);
  if (!step) return null;
  const type = editor.types.get(step.type);
  const outputs = outputsOf(type, step);
  const worst = problems.some((problem) => problem.severity === "error") ? "error" : "warning";
  return (
    <article
      id={`step-${id}`}
      className="step"
      aria-label={described(type, step, run, problems.length)}
      data-testid="workflow-node"
      data-node-id={id}
      data-type={step.type}
      data-status={run?.status ?? "idle"}
      data-selected={selected || undefined}
      data-focused={focused || undefined}
      data-disabled={step.disabled || undefined}
      data-dragging={dragging || undefined}
    >
      <header className="step-head">
        <KindTile type={type} />
        <Title id={id} />
        {problems.length > 0 && (
          <span className={`step-problem step-problem-${worst}`} title={problems[0]?.message}>
            <Icon name={worst === "error" ? "circle-alert" : "triangle-alert"} size={14} />
          </span>
        )}
        {run ? <StatusPill status={run.status} /> : step.disabled && <span className="pill pill-neutral">Off</span>}
      </header>
      <p className="step-line truncate">{lineOf(type, step, run)}</p>
      {outputs.length > 1 && (
        <ul className="port-labels" aria-hidden="true">
          {outputs.map((port, index) => (
            <li key={port.name} className="truncate" style={{ top: portTop(index) - 10 }}>
              {port.label}
            </li>
          ))}
        </ul>
      )}
      <footer className="step-foot">
        <span>{run ? <Elapsed run={run} /> : "–"}</span>
        <span>{money(run?.cost)}</span>
      </footer>
      {inputsOf(type).map((port, index) => (
        <PortHandle key={port.name} node={id} port={port} side="target" index={index} />
      ))}
      {outputs.map((port, index) => (
        <PortHandle key={port.name} node={id} port={port} side="source" index={index} />
      ))}
      <LostPorts id={id} side="target" />
      <LostPorts id={id} side="source" />
    </article>
  );
});

function PortHandle({
  node,
  port,
  side,
  index,
}: {
  node: string;
  port: Port;
  side: "source" | "target";
  index: number;
}) {
  const state = usePortState(node, port.name, side);
  return (
    <Handle
      id={port.name}
      type={side}
      position={side === "source" ? Position.Right : Position.Left}
      className="port"
      style={{ top: portTop(index) }}
      title={port.label}
      data-state={state}
      data-testid={`port-${side}-${port.name}`}
    >
      <PortShape kind={port.kind} />
    </Handle>
  );
}

/** Invisible ends for edges whose port is lost; nothing can be connected with them. */
function LostPorts({ id, side }: { id: string; side: "source" | "target" }) {
  const { store } = useEditor();
  const names = useTopic(store, `edges:${id}`, () => lostPorts(store, id, side).join("\n"));
  if (!names) return null;
  return names.split("\n").map((name) => (
    <Handle
      key={name}
      id={name}
      type={side}
      position={side === "source" ? Position.Right : Position.Left}
      className="port port-lost"
      style={{ top: portTop(0) }}
      isConnectable={false}
    />
  ));
}

function Title({ id }: { id: string }) {
  const editor = useEditor();
  const renaming = useObservable(editor.panels.renaming) === id;
  const title = editor.store.titleOf(id);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (renaming) input.current?.select();
  }, [renaming]);
  if (!renaming) return <h2 className="step-title truncate">{title}</h2>;
  const done = (keep: boolean) => {
    const value = input.current?.value.trim() ?? "";
    editor.panels.renaming.set(null);
    if (keep && value !== title) editor.gesture((doc) => ops.rename(doc, id, value));
    editor.view.camera?.focus();
  };
  return (
    <input
      ref={input}
      className="step-rename nodrag nopan"
      aria-label="Name of the step"
      defaultValue={title}
      maxLength={200}
      autoFocus
      onBlur={() => editor.panels.renaming.value === id && done(true)}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") done(true);
        if (event.key === "Escape") done(false);
      }}
    />
  );
}

/** How long the step took; while it runs, how long it has been running. */
function Elapsed({ run }: { run: NodeOverlay }) {
  const counting = run.status === "running" && run.startedAt !== null;
  const [, again] = useState(0);
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => again((count) => count + 1), 100);
    return () => clearInterval(timer);
  }, [counting]);
  if (counting) return `${duration(Math.max(0, Date.now() - (run.startedAt ?? 0)))}…`;
  return run.ms === null ? "–" : duration(run.ms);
}

function lineOf(type: NodeType | undefined, step: Step, run: NodeOverlay | undefined): string {
  if (run?.status === "failed" && run.error) return run.error.message;
  return run?.preview || summary(type, step);
}

/** What a screen reader says of a step. */
export function described(
  type: NodeType | undefined,
  step: Step,
  run: NodeOverlay | undefined,
  problems: number,
): string {
  const count = (number: number, word: string) => `${number} ${word}${number === 1 ? "" : "s"}`;
  return [
    step.title || type?.label || step.type,
    `${type?.label ?? step.type} step`,
    run && STATUS[run.status].word.toLowerCase(),
    run && run.ms !== null && `${(run.ms / 1000).toFixed(1)} seconds`,
    step.disabled && "switched off",
    problems && count(problems, "problem"),
    count(inputsOf(type).length, "input"),
    count(outputsOf(type, step).length, "output"),
  ]
    .filter(Boolean)
    .join(", ");
}
