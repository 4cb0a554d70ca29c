import { useState } from "react";
import { KINDS, NEW_ROW, rowsOf, schemaOf, type FieldKind, type Row } from "../../model/schemaBuilder";
import { Button, IconButton } from "../../parts/Button";
import { useDraft } from "../useDraft";
import { JsonWidget } from "./JsonWidget";
import type { WidgetProps } from "./props";

/** A JSON Schema, built field by field; what says more than fields can is written as JSON. */
export function SchemaWidget(props: WidgetProps) {
  const { value, onChange, id, testId, readOnly, field } = props;
  const stored = rowsOf(value);
  const [asJson, setAsJson] = useState(false);
  const [open, setOpen] = useState<readonly Row[]>([]); // not named yet, so not stored
  const json = asJson || stored === null;
  const store = (rows: readonly Row[]) => {
    setOpen(rows.filter(({ name }) => !name.trim()));
    onChange(schemaOf(rows));
  };
  return (
    <div className="schema" role="group" aria-label={field.label} data-testid={json ? undefined : testId}>
      {json ? <JsonWidget {...props} /> : <Rows rows={[...stored, ...open]} onChange={store} id={id} testId={testId} readOnly={readOnly} />}
      {!readOnly && (
        <Button look="quiet" icon={json ? "list" : "braces"} disabled={json && stored === null} title={json && stored === null ? "It says more than fields can" : undefined} onClick={() => setAsJson(!json)}>
          {json ? "Field by field" : "As JSON"}
        </Button>
      )}
    </div>
  );
}

interface RowsProps {
  rows: readonly Row[];
  onChange: (rows: readonly Row[]) => void;
  id: string;
  testId: string;
  readOnly: boolean;
}

function Rows({ rows, onChange, id, testId, readOnly }: RowsProps) {
  const change = (index: number, part: Partial<Row>) => onChange(rows.map((row, at) => (at === index ? { ...row, ...part } : row)));
  return (
    <>
      {rows.map((row, index) => (
        <div key={index} className="schema-row">
          <NameInput row={row} readOnly={readOnly} testId={`${testId}-${index}-name`} onChange={(name) => change(index, { name })} />
          <select className="input" aria-label={`Kind of ${row.name || "the field"}`} value={row.kind} disabled={readOnly} data-testid={`${testId}-${index}-kind`} onChange={(event) => change(index, { kind: event.target.value as FieldKind })}>
            {Object.entries(KINDS).map(([kind, words]) => (
              <option key={kind} value={kind}>
                {words}
              </option>
            ))}
          </select>
          {!readOnly && <IconButton icon="x" label={`Remove ${row.name || "the field"}`} onClick={() => onChange(rows.filter((_, at) => at !== index))} />}
          <input className="input schema-about" aria-label={`About ${row.name || "the field"}`} placeholder="What it means" defaultValue={row.description} readOnly={readOnly} onBlur={(event) => event.target.value !== row.description && change(index, { description: event.target.value })} />
          <label className="check">
            <input type="checkbox" checked={row.required} disabled={readOnly} onChange={(event) => change(index, { required: event.target.checked })} />
            Required
          </label>
          {row.kind === "choice" && (
            <input className="input schema-about" aria-label={`Choices of ${row.name || "the field"}`} placeholder="Choices, separated by commas" defaultValue={row.options.join(", ")} readOnly={readOnly} onBlur={(event) => change(index, { options: event.target.value.split(",").map((each) => each.trim()).filter(Boolean) })} />
          )}
          {row.kind === "object" && (
            <div className="schema-inner">
              <Rows rows={row.rows} onChange={(inner) => change(index, { rows: inner })} id={`${id}-${index}`} testId={`${testId}-${index}`} readOnly={readOnly} />
            </div>
          )}
        </div>
      ))}
      {!readOnly && (
        <Button look="quiet" icon="plus" className="add" data-testid={`${testId}-add`} onClick={() => onChange([...rows, { ...NEW_ROW, name: unused(rows) }])}>
          Add a field
        </Button>
      )}
    </>
  );
}

/** A name is stored when the field is left: each letter would be another field. */
function NameInput({ row, readOnly, testId, onChange }: { row: Row; readOnly: boolean; testId: string; onChange: (name: string) => void }) {
  const [draft, write] = useDraft(row.name, () => undefined);
  return (
    <input
      className="input input-mono"
      aria-label="Name of the field"
      placeholder="Name"
      value={draft}
      readOnly={readOnly}
      data-testid={testId}
      onChange={(event) => write(event.target.value)}
      onBlur={() => draft.trim() !== row.name && onChange(draft.trim())}
    />
  );
}

function unused(rows: readonly Row[]): string {
  for (let number = rows.length + 1; ; number += 1)
    if (!rows.some(({ name }) => name === `field_${number}`)) return `field_${number}`;
}
