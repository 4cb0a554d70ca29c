import { useState } from "react";
import { shown } from "../../model/fields";
import type { Json } from "../../model/json";
import { IconButton } from "../../parts/Button";
import { ExpressionInput } from "../ExpressionInput";
import { useDraft } from "../useDraft";
import { JsonWidget } from "./JsonWidget";
import type { WidgetProps } from "./props";
import { expressionProps } from "./simple";

/** Any value: a text, mostly with an expression, or JSON. */
export function ValueWidget(props: WidgetProps) {
  const { value, onChange, field, readOnly } = props;
  const isData = typeof value === "object" && value !== null;
  const [asJson, setAsJson] = useState(isData);
  if (!field.expression) return <TypedValue {...props} />;
  const json = asJson || isData;
  const toggle = () => {
    setAsJson(!json);
    if (json) onChange(value === undefined ? undefined : shown(value));
  };
  return (
    <div className="value-widget">
      {json ? (
        <JsonWidget {...props} />
      ) : (
        <ExpressionInput
          {...expressionProps(props)}
          value={shown(value)}
          onChange={(text) => onChange(text === "" ? undefined : text)}
          multiline
          compact
          mono
        />
      )}
      {!readOnly && (
        <IconButton
          icon={json ? "type" : "braces"}
          label={json ? "Write it as text" : "Write it as JSON"}
          onClick={toggle}
        />
      )}
    </div>
  );
}

const AS_JSON = new Set(["number", "bool", "boolean", "json"]);

/** A plain value whose type stands beside it, such as the default of an input field. */
function TypedValue({ value, onChange, row, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const parses = AS_JSON.has(String(row?.["type"] ?? ""));
  const store = (text: string) => onChange(text === "" ? undefined : parses ? read(text) : text);
  const means = (draft: string, next: string) => draft === next || shown(read(draft)) === next;
  const [draft, write] = useDraft(shown(value), store, means);
  const common = {
    id,
    value: draft,
    readOnly,
    "aria-label": label,
    "aria-invalid": invalid || undefined,
    "aria-describedby": describedBy,
    "data-testid": testId,
  };
  if (row?.["type"] === "paragraph" || row?.["type"] === "json")
    return <textarea {...common} className="input" rows={3} onChange={(event) => write(event.target.value)} />;
  return <input {...common} className="input" onChange={(event) => write(event.target.value)} />;
}

function read(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}
