import { useEffect, useMemo, useRef, useState } from "react";
import { ApiError, type FieldError } from "../../lib/api";
import { followerOf, reason } from "../collab/follower";
import { pinsForRun } from "../collab/trying";
import { useEditor, useObservable, useProblems } from "../model/hooks";
import { isObject, type Json, type JsonObject } from "../model/json";
import { keptUnder } from "../model/keptHere";
import { entriesFor, inputFields, inputsOf, remembered, type Entries, type Entry, type InputField } from "../model/startForm";
import { counted } from "../model/summary";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { ProblemLinks } from "../parts/ProblemLinks";
import { FileInput } from "./FileInput";

/** Asks for a run's inputs, in the form that the start step describes, and starts it. */
export function RunDialog({ onClose }: { onClose: () => void }) {
  const editor = useEditor();
  const problems = useProblems().filter((problem) => problem.severity === "error");
  const blocked = !editor.readOnly && problems.length > 0;
  const until = editor.panels.runUntil.value;
  const whole = editor.readOnly ? "Run the published version" : "Test run";
  const title = until === null ? whole : `Run up to ${editor.store.titleOf(until)}`;
  const close = () => {
    editor.panels.runUntil.set(null);
    onClose();
  };
  return (
    <Dialog open onClose={close} title={title}>
      {blocked ? (
        <>
          <div className="dialog-body">
            <p>The draft cannot run yet. Correct this first:</p>
            <ProblemLinks problems={problems} onGo={close} />
          </div>
          <footer className="dialog-foot">
            <Button onClick={close}>Close</Button>
          </footer>
        </>
      ) : (
        <RunForm onClose={close} until={until} />
      )}
    </Dialog>
  );
}

interface Refusal {
  message: string;
  fields: Record<string, string>;
  steps: readonly FieldError[];
}

function RunForm({ onClose, until }: { onClose: () => void; until: string | null }) {
  const editor = useEditor();
  const fields = useMemo(() => inputFields(editor.store), [editor]);
  const key = keptUnder("inputs", editor.boot, editor.boot.workflow.id);
  const last = useMemo(() => recalled(key), [key]);
  const [entries, setEntries] = useState<Entries>(() => entriesFor(shownFields(fields), last));
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  const [busy, setBusy] = useState(false);
  const [element, refuse] = useRefusing(setRefusal);
  const starting = useRef(false); // at once: a second press may come before the button is barred
  const form = shownFields(fields);
  const { size } = useObservable(editor.pins);
  const pinned = editor.readOnly ? 0 : size;
  const start = async () => {
    const read = inputsOf(form, entries);
    if (Object.keys(read.problems).length) {
      refuse({ message: "", fields: read.problems, steps: [] });
      return;
    }
    if (starting.current) return;
    starting.current = true;
    const inputs = fields.length ? read.inputs : freeInputs(read.inputs);
    setBusy(true);
    try {
      const part = editor.readOnly ? {} : await pinsForRun(editor, new Set(until === null ? [] : [until]));
      await followerOf(editor).start(inputs, until === null ? part : { until, ...part });
      localStorage.setItem(key, JSON.stringify(remembered(fields, inputs)));
      onClose();
    } catch (error) {
      refuse(refusalOf(error, form));
      setBusy(false);
      starting.current = false;
    }
  };
  return (
    <form
      ref={element}
      className="run-form"
      data-testid="run-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (!event.repeat) void start(); // held down, the keys only open the form
      }}
    >
      <div className="dialog-body form-fields">
        {refusal?.message && (
          <div className="error-block" role="alert" data-testid="run-error">
            <p>{refusal.message}</p>
            <ProblemLinks problems={refusal.steps.map(problemOf)} onGo={onClose} />
          </div>
        )}
        {!fields.length && <p className="quiet">The start step has no fields: the run takes any JSON object.</p>}
        {form.map((field) => (
          <InputControl
            key={field.name}
            field={field}
            entry={entries[field.name] ?? ""}
            problem={refusal?.fields[field.name] ?? ""}
            onChange={(entry) => {
              setEntries({ ...entries, [field.name]: entry });
              setRefusal((before) => before && { ...before, fields: { ...before.fields, [field.name]: "" } });
            }}
          />
        ))}
        <p className="field-hint">
          {editor.readOnly
            ? "Runs the newest published version."
            : "Runs the draft as it is now. Steps that write to the outside really do so."}
          {pinned > 0 && ` ${counted(pinned, "steps")} ${pinned === 1 ? "is" : "are"} pinned and ${pinned === 1 ? "does" : "do"} not run.`}
        </p>
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>Close</Button>
        <Button look="primary" type="submit" icon="play" disabled={busy} data-testid="run-start" hint="Ctrl ↵">
          {busy ? "Starting…" : "Run"}
        </Button>
      </footer>
    </form>
  );
}

/** A refusal leads to the first field that it is about. */
function useRefusing(show: (refusal: Refusal) => void) {
  const element = useRef<HTMLFormElement>(null);
  const [count, setCount] = useState(0);
  useEffect(() => element.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus(), [count]);
  const refuse = (refusal: Refusal) => {
    show(refusal);
    setCount((before) => before + 1);
  };
  return [element, refuse] as const;
}

const FREE: InputField = { name: "", label: "Inputs", type: "json", required: false, fallback: {}, options: [] };

function shownFields(fields: readonly InputField[]): readonly InputField[] {
  return fields.length ? fields : [FREE];
}

function freeInputs(inputs: JsonObject): JsonObject {
  const given = inputs[""];
  return isObject(given) ? given : {};
}

function recalled(key: string): JsonObject {
  try {
    const stored = JSON.parse(localStorage.getItem(key) ?? "{}") as Json;
    return isObject(stored) ? { ...stored, "": stored } : {};
  } catch {
    return {};
  }
}

function refusalOf(error: unknown, fields: readonly InputField[]): Refusal {
  const refused = error instanceof ApiError ? error.errors : [];
  const known = new Set(fields.map((field) => field.name));
  const own = refused.filter((each) => known.has(each.field) && !each.node);
  return {
    message: own.length && own.length === refused.length ? "" : reason(error),
    fields: Object.fromEntries(own.map((each) => [each.field, each.message])),
    steps: refused.filter((each) => !own.includes(each)),
  };
}

function problemOf(error: FieldError) {
  return {
    code: error.code,
    message: error.message,
    fix: error.fix ?? "",
    node: error.node ?? "",
    field: error.field,
    severity: "error" as const,
  };
}

interface ControlProps {
  field: InputField;
  entry: Entry;
  problem: string;
  onChange: (entry: Entry) => void;
}

function InputControl({ field, entry, problem, onChange }: ControlProps) {
  const id = `run-input-${field.name || "inputs"}`;
  const common = {
    id,
    className: `input ${field.type === "json" ? "input-mono" : ""}`,
    "aria-invalid": problem !== "" || undefined,
    "aria-describedby": problem ? `${id}-problem` : undefined,
    "data-testid": `run-input-${field.name || "inputs"}`,
  };
  if (field.type === "bool")
    return (
      <label className="check">
        <input
          id={id}
          type="checkbox"
          checked={entry === true}
          data-testid={common["data-testid"]}
          onChange={(event) => onChange(event.target.checked)}
        />
        {field.label}
      </label>
    );
  const text = String(entry);
  const write = (event: { target: { value: string } }) => onChange(event.target.value);
  return (
    <div className="field">
      <label htmlFor={id}>
        {field.label}
        {field.required && <span className="quiet"> required</span>}
      </label>
      {field.type === "file" ? (
        <FileInput {...common} value={typeof entry === "object" ? entry : null} onChange={(file) => onChange(file ?? "")} />
      ) : field.type === "select" ? (
        <select {...common} value={text} onChange={write}>
          <option value="">Choose</option>
          {field.options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      ) : field.type === "paragraph" || field.type === "json" ? (
        <textarea {...common} rows={text.split("\n").length > 4 ? 8 : 4} value={text} onChange={write} />
      ) : (
        <input {...common} inputMode={field.type === "number" ? "decimal" : "text"} value={text} onChange={write} />
      )}
      {problem && (
        <span className="field-error" id={`${id}-problem`}>
          {problem}
        </span>
      )}
    </div>
  );
}
