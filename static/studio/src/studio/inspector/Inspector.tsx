import { useRef, useState } from "react";
import type { Step } from "../model/boot";
import { useEditor, useNode, useObservable, useProblemsOf, useSingle } from "../model/hooks";
import * as ops from "../model/ops";
import type { InspectorTab } from "../model/panels";
import { PLACEHOLDER } from "../model/replacing";
import { EXPRESSION } from "../parts/DataView";
import { Button, IconButton } from "../parts/Button";
import { KindTile } from "../parts/KindTile";
import { Line } from "../parts/Markdown";
import { RunHistory } from "../parts/RunHistory";
import { RunPartButtons } from "../parts/RunPart";
import { Connections } from "./Connections";
import { StepProvider, useStepContext } from "./context";
import { FieldPeople, Overwritten } from "./FieldPeople";
import { SchemaForm } from "./SchemaForm";
import { InputTab, OutputTab } from "./StepData";
import { StepSettings } from "./StepSettings";
import { useFieldPlace } from "./useFieldPlace";

const TABS: [InspectorTab, string][] = [
  ["setup", "Setup"],
  ["input", "Input"],
  ["output", "Output"],
  ["runs", "Runs"],
];

/** The settings of the selected step and its data in the shown run; fills the right column. */
export function Inspector() {
  const step = useNode(useSingle());
  if (!step) return <p className="panel-hint">Select a step to see its settings.</p>;
  return <StepPanel key={step.id} step={step} />;
}

function StepPanel({ step }: { step: Step }) {
  const editor = useEditor();
  const tab = useObservable(editor.panels.tab);
  const context = useStepContext(step.id);
  return (
    <StepProvider value={context}>
      <Head step={step} />
      <Tabs current={tab} choose={(next) => editor.panels.tab.set(next)} id={step.id} />
      <div
        className="inspector-body"
        role="tabpanel"
        id={`${step.id}-panel`}
        aria-labelledby={`${step.id}-tab-${tab}`}
        tabIndex={0}
      >
        {tab === "setup" && <Setup step={step} />}
        {tab === "input" && <InputTab step={step} />}
        {tab === "output" && <OutputTab step={step} />}
        {tab === "runs" && <RunHistory />}
      </div>
      <Foot step={step} />
    </StepProvider>
  );
}

function Setup({ step }: { step: Step }) {
  const editor = useEditor();
  const type = editor.types.get(step.type);
  const problems = useProblemsOf(step.id);
  if (!type)
    return (
      <p className="field-error">
        {problems[0]?.message ?? `There is no step type ${step.type}.`} {problems[0]?.fix}
      </p>
    );
  return (
    <div className="setup">
      <p className="quiet">
        <Line text={type.description} />
      </p>
      {type.name === PLACEHOLDER && !editor.readOnly && <Replace id={step.id} />}
      <Overwritten
        field={`${step.id}/title`}
        what="the name"
        restore={(mine) => editor.gesture((doc) => ops.rename(doc, step.id, typeof mine === "string" ? mine : ""))}
      />
      <SchemaForm step={step} type={type} />
      <Connections id={step.id} />
      <StepSettings step={step} />
    </div>
  );
}

/** A placeholder waits for the step that does the work. */
function Replace({ id }: { id: string }) {
  const { panels } = useEditor();
  return (
    <Button
      icon="refresh-cw"
      data-testid="replace-step"
      onClick={(event) => {
        const { left, bottom } = event.currentTarget.getBoundingClientRect();
        panels.picker.set({ screen: [left, bottom + 4], instead: id });
      }}
    >
      Replace with a step…
    </Button>
  );
}

function Head({ step }: { step: Step }) {
  const editor = useEditor();
  const title = editor.store.titleOf(step.id);
  const [draft, setDraft] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const field = `${step.id}/title`;
  const place = useFieldPlace(field);
  const mentioned = useObservable(editor.mentions.steps).has(step.id);
  const done = (keep: boolean) => {
    const value = draft?.trim();
    setDraft(null);
    if (keep && value && value !== title) editor.gesture((doc) => ops.rename(doc, step.id, value));
  };
  return (
    <header className="inspector-head" {...place}>
      <KindTile type={editor.types.get(step.type)} />
      <h2 className="visually-hidden">{title}</h2>
      <input
        ref={input}
        className="inspector-title"
        aria-label="Name of the step"
        value={draft ?? title}
        maxLength={200}
        readOnly={editor.readOnly}
        data-testid="step-title"
        onChange={(event) => setDraft(event.target.value)}
        onBlur={() => done(true)}
        onKeyDown={(event) => {
          if (event.key === "Enter") {
            done(true);
            input.current?.select(); // the keyboard stays, and the next name can be written over this one
          }
          if (event.key === "Escape" && draft !== null) {
            event.preventDefault();
            done(false);
          }
        }}
      />
      <FieldPeople field={field} />
      {mentioned && (
        <IconButton icon="book-open" label="Show in the runbook" data-testid="to-runbook" onClick={() => editor.panels.openRunbook(step.id)} />
      )}
    </header>
  );
}

interface TabsProps {
  current: InspectorTab;
  choose: (tab: InspectorTab) => void;
  id: string;
}

function Tabs({ current, choose, id }: TabsProps) {
  const move = (event: React.KeyboardEvent) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    const at = TABS.findIndex(([tab]) => tab === current);
    const next = TABS[(at + by + TABS.length) % TABS.length]?.[0] ?? current;
    choose(next);
    document.getElementById(`${id}-tab-${next}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="Step" onKeyDown={move}>
      {TABS.map(([tab, words]) => (
        <button
          key={tab}
          type="button"
          role="tab"
          id={`${id}-tab-${tab}`}
          aria-selected={tab === current}
          aria-controls={`${id}-panel`}
          tabIndex={tab === current ? 0 : -1}
          className="tab"
          data-testid={`tab-${tab}`}
          onClick={() => choose(tab)}
          onDragEnter={(event) => event.dataTransfer.types.includes(EXPRESSION) && choose(tab)}
        >
          {words}
        </button>
      ))}
    </div>
  );
}

/** The parts of the workflow that can be run at the step. */
function Foot({ step }: { step: Step }) {
  const editor = useEditor();
  if (!editor.boot.permissions.run || editor.past.value || step.type === "core.start" || step.type === PLACEHOLDER) return null;
  return (
    <footer className="inspector-foot">
      <span className="quiet">Run</span>
      <RunPartButtons id={step.id} />
    </footer>
  );
}
