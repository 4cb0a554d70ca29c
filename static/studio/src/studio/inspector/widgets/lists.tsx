// Several values: names with values, texts, and entries with fields of their own.

import { entriesOf, newEntry, pairsOf, shown, storedPairs, type Field, type Pair } from "../../model/fields";
import type { Json, JsonObject } from "../../model/json";
import { useState } from "react";
import { Button, IconButton } from "../../parts/Button";
import { Icon } from "../../parts/Icon";
import { ExpressionInput } from "../ExpressionInput";
import { useDraft } from "../useDraft";
import type { WidgetProps } from "./props";

export function KeyValueWidget({ field, value, onChange, id, testId, readOnly, label }: WidgetProps) {
  const stored = pairsOf(value);
  // A name that is not written yet cannot be stored in an object; it waits here.
  const [open, setOpen] = useState<Pair | null>(null);
  const pairs = open ? [...stored, open] : stored;
  const store = (next: readonly Pair[]) => {
    const nameless = field.pairs ? undefined : next.find((pair) => !pair.name);
    setOpen(nameless ?? null);
    const kept = nameless ? next.filter((pair) => pair.name) : next;
    onChange(kept.length ? storedPairs(kept, field.pairs) : undefined);
  };
  const change = (index: number, part: Partial<Pair>) =>
    store(pairs.map((pair, at) => (at === index ? { ...pair, ...part } : pair)));
  return (
    <div className="pairs" role="group" aria-label={label ?? field.label} data-testid={testId}>
      {pairs.map((pair, index) => (
        <div key={index} className="pair">
          <NameInput
            value={pair.name}
            label={`Name ${index + 1}`}
            readOnly={readOnly}
            testId={`${testId}-${index}-name`}
            onChange={(name) => change(index, { name })}
          />
          {!readOnly && (
            <IconButton
              icon="x"
              label={`Remove ${pair.name || "this one"}`}
              onClick={() => store(pairs.filter((_, at) => at !== index))}
            />
          )}
          <ExpressionInput
            id={`${id}-${index}`}
            label={`Value of ${pair.name || index + 1}`}
            testId={`${testId}-${index}-value`}
            value={shown(pair.value)}
            placeholder="Value or {{ expression }}"
            multiline
            compact
            mono
            onChange={(text) => change(index, { value: typeof pair.value === "string" || pair.value === null ? text : read(text) })}
          />
        </div>
      ))}
      {!readOnly && !open && (
        <Button
          look="quiet"
          icon="plus"
          className="add"
          data-testid={`${testId}-add`}
          onClick={() => store([...pairs, { name: field.pairs ? `field_${pairs.length + 1}` : "", value: "" }])}
        >
          Add
        </Button>
      )}
    </div>
  );
}

/** A number or a list that stood there stays one as long as it reads as JSON. */
function read(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

interface NameProps {
  value: string;
  label: string;
  readOnly: boolean;
  testId: string;
  onChange: (name: string) => void;
}

/** A name is stored when the field is left: each letter would be another key. */
function NameInput({ value, label, readOnly, testId, onChange }: NameProps) {
  const [draft, write] = useDraft(value, () => undefined);
  return (
    <input
      className="input input-mono"
      value={draft}
      placeholder="Name"
      aria-label={label}
      readOnly={readOnly}
      data-testid={testId}
      onChange={(event) => write(event.target.value)}
      onBlur={() => draft.trim() !== value && onChange(draft.trim())}
      onKeyDown={(event) => event.key === "Enter" && onChange(draft.trim())}
    />
  );
}

/** A list of short texts, one in a line. */
export function ListWidget({ value, onChange, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const text = Array.isArray(value) ? value.map(shown).join("\n") : "";
  const store = (next: string) => onChange(next.trim() ? linesOf(next) : undefined);
  const means = (draft: string, next: string) => linesOf(draft).join("\n") === next;
  const [draft, write] = useDraft(text, store, means);
  return (
    <textarea
      id={id}
      className="input"
      rows={Math.min(8, Math.max(2, draft.split("\n").length))}
      value={draft}
      placeholder="One in each line"
      readOnly={readOnly}
      aria-label={label}
      aria-invalid={invalid || undefined}
      aria-describedby={describedBy}
      data-testid={testId}
      onChange={(event) => write(event.target.value)}
    />
  );
}

function linesOf(text: string): string[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean);
}

/** Entries with fields, such as cases and input fields; each opens by itself. */
export function TableWidget({ field, value, onChange, id, testId, readOnly, label, Control }: WidgetProps) {
  const entries = entriesOf(value ?? field.fallback);
  const [open, setOpen] = useState<number | null>(null);
  const [taken, setTaken] = useState<number | null>(null); // the entry that is dragged
  const [over, setOver] = useState<number | null>(null);
  const store = (next: readonly JsonObject[]) => onChange(next.length || field.minItems ? [...next] : undefined);
  const full = field.maxItems !== undefined && entries.length >= field.maxItems;
  const change = (index: number, name: string, part: Json | undefined) =>
    store(entries.map((entry, at) => (at === index ? withPart(entry, name, part) : entry)));
  const move = (index: number, by: number) => {
    const next = [...entries];
    const [taken] = next.splice(index, 1);
    if (taken) next.splice(index + by, 0, taken);
    store(next);
    setOpen(null);
  };
  return (
    <div className="entries" role="group" aria-label={label ?? field.label} data-testid={testId}>
      {entries.map((entry, index) => (
        <section
          key={String(entry["id"] ?? index)}
          className="entry"
          data-open={open === index || undefined}
          data-over={over === index || undefined}
          onDragOver={(event) => {
            if (taken === null) return;
            event.preventDefault();
            setOver(index);
          }}
          onDrop={(event) => {
            event.preventDefault();
            if (taken !== null && taken !== index) move(taken, index - taken);
            setTaken(null);
            setOver(null);
          }}
        >
          <header
            className="entry-head"
            draggable={!readOnly}
            onDragStart={(event) => {
              event.dataTransfer.effectAllowed = "move";
              setTaken(index);
            }}
            onDragEnd={() => {
              setTaken(null);
              setOver(null);
            }}
          >
            <button
              type="button"
              className="entry-title"
              aria-expanded={open === index}
              data-testid={`${testId}-${index}`}
              onClick={() => setOpen(open === index ? null : index)}
            >
              <Icon name={open === index ? "chevron-down" : "chevron-right"} size={14} />
              <span className="truncate">{titleOf(entry, index)}</span>
              <span className="quiet truncate">{detailOf(entry)}</span>
            </button>
            {!readOnly && open === index && (
              <>
                <IconButton icon="arrow-up" label="Move up" disabled={index === 0} onClick={() => move(index, -1)} />
                <IconButton
                  icon="arrow-down"
                  label="Move down"
                  disabled={index === entries.length - 1}
                  onClick={() => move(index, 1)}
                />
                <IconButton
                  icon="trash-2"
                  label={`Remove ${titleOf(entry, index)}`}
                  disabled={entries.length <= field.minItems}
                  onClick={() => {
                    store(entries.filter((_, at) => at !== index));
                    setOpen(null);
                  }}
                />
              </>
            )}
          </header>
          {open === index && (
            <div className="entry-body">
              {columnsFor(field, entry).map((column) => (
                <Control
                  key={column.name}
                  field={column}
                  value={entry[column.name]}
                  id={`${id}-${index}-${column.name}`}
                  testId={`${testId}-${index}-${column.name}`}
                  readOnly={readOnly}
                  row={entry}
                  problems={[]}
                  onChange={(part) => change(index, column.name, part)}
                />
              ))}
              {typeof entry["id"] === "string" && (
                <p className="field-hint">
                  Port <code>{entry["id"]}</code> stays when the label changes.
                </p>
              )}
            </div>
          )}
        </section>
      ))}
      {!readOnly && (
        <Button
          look="quiet"
          icon="plus"
          className="add"
          disabled={full}
          title={full ? `At most ${field.maxItems}` : undefined}
          data-testid={`${testId}-add`}
          onClick={() => {
            store([...entries, newEntry(field.columns, entries)]);
            setOpen(entries.length);
          }}
        >
          Add
        </Button>
      )}
    </div>
  );
}

/** Ids are made, not written; options belong to selects alone. */
function columnsFor(field: Field, entry: JsonObject): Field[] {
  return field.columns.filter(
    ({ name }) => name !== "id" && (name !== "options" || !("type" in entry) || entry["type"] === "select"),
  );
}

function withPart(entry: JsonObject, name: string, part: Json | undefined): JsonObject {
  const { [name]: _, ...rest } = entry;
  return part === undefined ? rest : { ...rest, [name]: part };
}

function titleOf(entry: JsonObject, index: number): string {
  return String(entry["label"] || entry["name"] || entry["id"] || `Entry ${index + 1}`);
}

function detailOf(entry: JsonObject): string {
  const parts = [entry["label"] && entry["name"], entry["type"], entry["required"] && "required"];
  return parts.filter(Boolean).join(" · ") || shown(entry["description"] ?? entry["value"]);
}
