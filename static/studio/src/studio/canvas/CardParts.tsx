import { useEffect, useRef, useState } from "react";
import type { Problem } from "../model/boot";
import type { How } from "../model/diff";
import { useEditor, useObservable } from "../model/hooks";
import * as ops from "../model/ops";
import type { NodeOverlay } from "../model/overlay";
import { duration } from "../model/summary";
import { DIFFERENCES } from "../parts/differences";
import { Icon } from "../parts/Icon";

/** A sign for the worst of a step's problems. */
export function ProblemMark({ problems }: { problems: readonly Problem[] }) {
  if (!problems.length) return null;
  const worst = problems.some((problem) => problem.severity === "error") ? "error" : "warning";
  return (
    <span className={`step-problem step-problem-${worst}`} title={problems[0]?.message}>
      <Icon name={worst === "error" ? "circle-alert" : "triangle-alert"} size={14} />
    </span>
  );
}

/** How a step differs from how it was, or is by now: by sign, word and colour. */
export function DiffMark({ how }: { how: How }) {
  const since = useObservable(useEditor().past) ? " since" : "";
  const { icon, word } = DIFFERENCES[how];
  return (
    <span className={`diff-mark diff-mark-${how}`} data-testid="diff-mark">
      <Icon name={icon} size={12} />
      {word + since}
    </span>
  );
}

/** A sign that an output stands in for the step. */
export function PinMark() {
  return (
    <span className="step-pin" title="Pinned: test runs take the pinned output" data-testid="pin-mark">
      <Icon name="pin" size={14} />
    </span>
  );
}

/** A step's title; a field while it is being renamed. */
export function CardTitle({ id }: { id: string }) {
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
    editor.view.focus();
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

/** What the step usually takes, where no run is shown that has come to it. */
export function UsualTime({ id }: { id: string }) {
  const usual = useObservable(useEditor().usual);
  const words = usual?.ofStep(id);
  return <span title={words ? "What it usually takes" : undefined}>{words ? `usually ${words}` : "–"}</span>;
}

/** How long the step took; while it runs, how long it has been running. */
export function Elapsed({ run }: { run: NodeOverlay }) {
  const editor = useEditor();
  const counting = run.status === "running" && run.startedAt !== null;
  const [, again] = useState(0);
  useEffect(() => {
    if (!counting) return;
    const timer = setInterval(() => again((count) => count + 1), 100);
    return () => clearInterval(timer);
  }, [counting]);
  if (counting) return <span>{`${duration(Math.max(0, editor.now() - (run.startedAt ?? 0)))}…`}</span>;
  return <span>{run.ms === null ? "–" : duration(run.ms)}</span>;
}
