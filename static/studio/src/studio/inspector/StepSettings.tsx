import { useState } from "react";
import type { Step } from "../model/boot";
import type { Field } from "../model/fields";
import { useEditor } from "../model/hooks";
import type { Json } from "../model/json";
import { moveBy } from "../model/moves";
import * as ops from "../model/ops";
import { NOTES, type NodeKey } from "../model/stored";
import { Icon } from "../parts/Icon";
import { SharedText } from "../parts/SharedText";
import { Control } from "./Control";
import { DataMarks } from "./DataMarks";
import { FieldPeople, Overwritten } from "./FieldPeople";
import { useDraft } from "./useDraft";
import { useFieldPlace } from "./useFieldPlace";
import { NumberWidget } from "./widgets/simple";

const MOST_NOTES = 10_000; // letters; the server's limit
const MONTH_S = 30 * 86_400;

const ON_ERROR: [NonNullable<Step["on_error"]>, string][] = [
  ["fail", "Stop the run"],
  ["branch", "Go on by the error port"],
  ["default", "Go on with a default output"],
  ["continue", "Go on with the error as output"],
];

/** What somebody else may have set as well, in words. */
const OTHERS: [NodeKey, string][] = [
  ["retry", "the attempts"],
  ["timeout_s", "the timeout"],
  ["on_error", "what happens if the step fails"],
  ["default_output", "the default output"],
  ["join", "when the step starts"],
  ["cache_ttl_s", "how long its result is kept"],
  ["undo", "the undo step"],
  ["disabled", "whether the step is on"],
  ["data_classes", "the classes of data"],
];

/** What every step has beside its type's own fields: notes, retries, time, errors. */
export function StepSettings({ step }: { step: Step }) {
  const editor = useEditor();
  const [open, setOpen] = useState(false);
  const set = (key: NodeKey, value: Json | undefined) =>
    editor.edit((doc) => ops.setMeta(doc, step.id, key, value));
  const readOnly = editor.readOnly;
  const id = (name: string) => `${step.id}-setting-${name}`;
  const number = (name: string, value: Json | undefined, field: Partial<Field>, store: (value: Json | undefined) => void) => (
    <div className="field">
      <label htmlFor={id(name)}>{field.label}</label>
      <NumberWidget
        field={{ ...NUMBER, ...field, name }}
        value={value}
        onChange={store}
        id={id(name)}
        testId={`setting-${name}`}
        invalid={false}
        describedBy={field.help ? id(`${name}-help`) : undefined}
        readOnly={readOnly}
        Control={Control}
      />
      {field.help && (
        <p className="field-hint" id={id(`${name}-help`)}>
          {field.help}
        </p>
      )}
    </div>
  );
  const retry = (part: RetryPart, name: string, field: Partial<Field>) =>
    number(name, step.retry?.[part], field, (value) => set("retry", retryWith(step, part, value)));
  return (
    <section className="more step-settings">
      <button
        type="button"
        className="section-toggle"
        aria-expanded={open}
        data-testid="step-settings"
        onClick={() => setOpen(!open)}
      >
        <Icon name={open ? "chevron-down" : "chevron-right"} size={14} />
        Settings
        {step.disabled && <span className="quiet">switched off</span>}
      </button>
      {OTHERS.map(([key, what]) => (
        <Overwritten key={key} field={`${step.id}/${key}`} what={what} restore={(mine) => set(key, mine)} />
      ))}
      {open && (
        <>
          <Notes step={step} />
          <div className="field-row">
            {retry("max_attempts", "attempts", { label: "Attempts", integer: true, least: 1, most: 20, fallback: "its own" })}
            {number(
              "timeout",
              step.timeout_s,
              { label: "Timeout", unit: "s", least: 0.001, most: 86_400, fallback: "none" },
              (value) => set("timeout_s", value),
            )}
            {retry("total_s", "retry-total", { label: "Try again for", unit: "s", least: 0.001, most: MONTH_S, fallback: "no limit" })}
            {retry("initial_s", "retry-initial", { ...WAIT, label: "First wait", most: 3600, fallback: "1", help: "Doubled after each attempt; the wait is drawn by chance below it." })}
            {retry("max_s", "retry-max", { ...WAIT, label: "Longest wait", most: 86_400, fallback: "300", help: "However often it was tried." })}
          </div>
          <Control
            field={{ ...NUMBER, name: "retry_on", label: "Try again only on", widget: "list", help: "Codes of errors, such as http_503. Empty: on all that may pass by themselves." }}
            value={step.retry?.["retry_on"]}
            id={id("retry-on")}
            testId="setting-retry_on"
            readOnly={readOnly}
            problems={[]}
            onChange={(value) => set("retry", retryWith(step, "retry_on", value))}
          />
          <div className="field">
            <label htmlFor={id("on-error")}>If the step fails</label>
            <select
              id={id("on-error")}
              className="input"
              value={step.on_error ?? "fail"}
              disabled={readOnly}
              data-testid="setting-on_error"
              onChange={(event) => set("on_error", event.target.value === "fail" ? undefined : event.target.value)}
            >
              {ON_ERROR.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </div>
          {step.on_error === "default" && (
            <Control
              field={{ ...NUMBER, name: "default_output", label: "Default output", widget: "json" }}
              value={step.default_output}
              id={id("default")}
              testId="setting-default_output"
              readOnly={readOnly}
              problems={[]}
              onChange={(value) => set("default_output", value)}
            />
          )}
          {(step.cache_ttl_s !== undefined || editor.types.get(step.type)?.keeps_results) &&
            number("cache_ttl_s", step.cache_ttl_s, KEPT, (value) => set("cache_ttl_s", value))}
          <Place step={step} field={number} />
          <JoinSetting step={step} id={id("join")} readOnly={readOnly} onChange={(value) => set("join", value)} />
          {(step.undo || editor.store.holderOf(step.id) === undefined) && step.type !== "core.start" && (
            <div className="field">
              <label className="check">
                <input
                  type="checkbox"
                  checked={step.undo === true}
                  disabled={readOnly}
                  aria-describedby={id("undo-help")}
                  data-testid="setting-undo"
                  onChange={(event) => set("undo", event.target.checked || undefined)}
                />
                Undo step
              </label>
              <p className="field-hint" id={id("undo-help")}>
                A port “Undo” leads to the step that takes this one back when the run ends badly.
              </p>
            </div>
          )}
          <DataMarks step={step} readOnly={readOnly} onChange={(marks) => set("data_classes", marks)} />
          <label className="check">
            <input
              type="checkbox"
              checked={step.disabled === true}
              disabled={readOnly}
              data-testid="setting-disabled"
              onChange={(event) => set("disabled", event.target.checked || undefined)}
            />
            Switch this step off
          </label>
        </>
      )}
    </section>
  );
}

/** What others should know of the step, written together. */
function Notes({ step }: { step: Step }) {
  const editor = useEditor();
  const field = `${step.id}/${NOTES}`;
  const place = useFieldPlace(field);
  const id = `${step.id}-setting-notes`;
  const [notes, write] = useDraft(step.notes, (text) => editor.edit((doc) => ops.setMeta(doc, step.id, NOTES, text)));
  const shared = { id, placeholder: "What others should know about this step", maxLength: MOST_NOTES };
  return (
    <div className="field" {...place}>
      <div className="field-head">
        <label htmlFor={id} onClick={() => document.getElementById(id)?.focus()}>
          Notes
        </label>
        <FieldPeople field={field} />
      </div>
      <SharedText owner={step.id} name={NOTES} kind="prose" label="Notes" testId="setting-notes" {...shared}>
        <textarea
          {...shared}
          className="input"
          rows={2}
          value={notes}
          readOnly={editor.readOnly}
          data-testid="setting-notes"
          onChange={(event) => write(event.target.value)}
        />
      </SharedText>
    </div>
  );
}

type RetryPart = "max_attempts" | "initial_s" | "max_s" | "total_s" | "retry_on";

/** A retry of which one part is set; without any it is the type's own. */
function retryWith(step: Step, part: RetryPart, value: Json | undefined): Json | undefined {
  const { [part]: _, ...rest } = step.retry ?? {};
  if (value !== undefined) return { ...rest, [part]: value };
  return Object.keys(rest).length ? rest : undefined;
}

/** A field for a number, of which all else is left to be said. */
export const NUMBER: Field = {
  name: "",
  label: "",
  widget: "number",
  help: "",
  unit: "",
  required: false,
  fallback: undefined,
  choices: [],
  integer: false,
  least: undefined,
  most: undefined,
  pattern: "",
  maxLength: undefined,
  expression: false,
  text: false,
  columns: [],
  maxItems: undefined,
  minItems: 0,
  pairs: false,
};

const WAIT = { unit: "s", least: 0.001 };

const KEPT: Partial<Field> = {
  label: "Keep its result",
  unit: "s",
  integer: true,
  least: 1,
  most: MONTH_S,
  fallback: "not kept",
  help: "A later run of the same version takes a result that is younger, if the step gets the same and runs for somebody with the same rights. Only while the step reads or computes: what acts on the world is done each time.",
};

interface PlaceProps {
  step: Step;
  field: (name: string, value: Json | undefined, field: Partial<Field>, store: (value: Json | undefined) => void) => React.ReactNode;
}

/** Where the step stands, for who does not drag. */
function Place({ step, field }: PlaceProps) {
  const editor = useEditor();
  const { x, y } = editor.store.boxOf(step.id) ?? { x: 0, y: 0 };
  const far = { integer: true, least: -1e6, most: 1e6 };
  const move = (dx: Json | undefined, dy: Json | undefined) => {
    if (typeof dx === "number" && typeof dy === "number") moveBy(editor, [step.id], [dx, dy]);
  };
  return (
    <div className="field-row">
      {field("x", x, { ...far, label: "X" }, (value) => move(typeof value === "number" ? value - x : undefined, 0))}
      {field("y", y, { ...far, label: "Y" }, (value) => move(0, typeof value === "number" ? value - y : undefined))}
    </div>
  );
}

interface JoinProps {
  step: Step;
  id: string;
  readOnly: boolean;
  onChange: (value: Json | undefined) => void;
}

/** How many of the ways that lead here must have come; only asked where there are several. */
function JoinSetting({ step, id, readOnly, onChange }: JoinProps) {
  const { store } = useEditor();
  const incoming = store.edgesInto(step.id).size;
  if (incoming < 2 && step.join === undefined) return null;
  const join = step.join ?? "all";
  const value = typeof join === "object" ? String(join.n) : join;
  const stored = (text: string): Json | undefined =>
    text === "all" ? undefined : text === "any" ? "any" : { n: Number(text) };
  return (
    <div className="field">
      <label htmlFor={id}>Start when</label>
      <select
        id={id}
        className="input"
        value={value}
        disabled={readOnly}
        data-testid="setting-join"
        onChange={(event) => onChange(stored(event.target.value))}
      >
        <option value="all">All steps before it are done</option>
        <option value="any">The first of them is done</option>
        {Array.from({ length: Math.max(0, incoming - 2) }, (_, index) => index + 2).map((count) => (
          <option key={count} value={String(count)}>
            {`${count} of them are done`}
          </option>
        ))}
        {typeof join === "object" && join.n >= incoming && <option value={value}>{`${value} of them are done`}</option>}
      </select>
    </div>
  );
}
