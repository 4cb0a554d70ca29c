// One value, one control.

import { useState } from "react";
import { choiceWords, numberProblem, shown } from "../../model/fields";
import { useDraft } from "../useDraft";
import { ExpressionInput } from "../ExpressionInput";
import { TogetherInput } from "../TogetherInput";
import { placeholderOf, type WidgetProps } from "./props";

export function TextWidget({ field, value, onChange, ...rest }: WidgetProps) {
  const text = shown(value);
  const store = (next: string) => onChange(next === "" && !field.required ? undefined : next);
  const alone = field.expression && (
    <ExpressionInput
      {...expressionProps({ field, value, onChange, ...rest })}
      value={text}
      onChange={store}
      multiline={field.widget === "textarea"}
    />
  );
  if (field.text && !rest.row) return <Together {...rest} field={field} value={text} alone={alone} />;
  if (alone) return alone;
  return <PlainText {...rest} field={field} value={text} onChange={(next) => store(next as string)} />;
}

/** A field that people write together; until that can be, and where it cannot, one person's. */
export function Together(props: Omit<WidgetProps, "onChange"> & { alone: React.ReactNode }) {
  const { field, value, alone, label, id, testId, invalid, describedBy } = props;
  return (
    <TogetherInput
      field={field}
      text={shown(value)}
      label={label ?? field.label}
      placeholder={placeholderOf(field)}
      {...{ id, testId, invalid, describedBy }}
    >
      {alone}
    </TogetherInput>
  );
}

/** Return what an expression field takes over from the form. */
export function expressionProps({ field, id, testId, invalid, describedBy, label }: WidgetProps) {
  return {
    id,
    testId,
    invalid,
    describedBy,
    maxLength: field.maxLength,
    placeholder: placeholderOf(field),
    ...(label ? { label } : {}),
  };
}

function PlainText(props: WidgetProps) {
  const { field, id, testId, invalid, describedBy, readOnly, label } = props;
  const [draft, write] = useDraft(shown(props.value), props.onChange);
  return (
    <input
      id={id}
      className="input"
      value={draft}
      placeholder={placeholderOf(field)}
      maxLength={field.maxLength}
      readOnly={readOnly}
      aria-label={label}
      aria-invalid={invalid || undefined}
      aria-describedby={describedBy}
      data-testid={testId}
      onChange={(event) => write(event.target.value)}
    />
  );
}

/** A number with its unit; where expressions may stand, also one of these. */
export function NumberWidget(props: WidgetProps) {
  const { field, id, testId, invalid, describedBy, readOnly, label } = props;
  const [problem, setProblem] = useState("");
  const store = (text: string) => {
    const isExpression = field.expression && text.includes("{{");
    const found = isExpression || !text.trim() ? "" : numberProblem(field, text);
    setProblem(found);
    if (!text.trim()) props.onChange(undefined);
    else if (isExpression) props.onChange(text);
    else if (!found) props.onChange(Number(text.replace(",", ".")));
  };
  const means = (draft: string, value: string) => draft === value || Number(draft) === Number(value);
  const [draft, write] = useDraft(shown(props.value), store, means);
  const wrong = `${id}-wrong`;
  return (
    <>
      <span className="with-unit">
        <input
          id={id}
          className="input input-mono"
          inputMode={field.expression ? "text" : "decimal"}
          value={draft}
          placeholder={placeholderOf(field)}
          readOnly={readOnly}
          aria-label={label}
          aria-invalid={invalid || problem !== "" || undefined}
          aria-describedby={problem ? wrong : describedBy}
          data-testid={testId}
          onChange={(event) => write(event.target.value)}
        />
        {field.unit && <span className="unit">{field.unit}</span>}
      </span>
      {problem && (
        <span className="field-error" id={wrong}>
          {problem}
        </span>
      )}
    </>
  );
}

export function BooleanWidget({ field, value, onChange, id, testId, describedBy, readOnly, label }: WidgetProps) {
  const on = (value ?? field.fallback) === true;
  return (
    <label className="check">
      <input
        id={id}
        type="checkbox"
        checked={on}
        disabled={readOnly}
        aria-describedby={describedBy}
        data-testid={testId}
        onChange={(event) =>
          onChange(event.target.checked === (field.fallback ?? false) ? undefined : event.target.checked)
        }
      />
      {label ?? field.label}
    </label>
  );
}

export function ChoiceWidget(props: WidgetProps) {
  const { field, value, onChange, id, testId, invalid, describedBy, readOnly, label } = props;
  const current = typeof value === "string" ? value : typeof field.fallback === "string" ? field.fallback : "";
  const known = field.choices.includes(current);
  return (
    <select
      id={id}
      className="input"
      value={current}
      disabled={readOnly}
      aria-label={label}
      aria-invalid={invalid || undefined}
      aria-describedby={describedBy}
      data-testid={testId}
      onChange={(event) =>
        onChange(event.target.value === field.fallback ? undefined : event.target.value)
      }
    >
      {!known && <option value={current}>{current || "Choose"}</option>}
      {field.choices.map((choice) => (
        <option key={choice} value={choice}>
          {choiceWords(choice)}
        </option>
      ))}
    </select>
  );
}
