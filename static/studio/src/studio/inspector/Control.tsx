import { shown, type Field } from "../model/fields";
import { IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Line } from "../parts/Markdown";
import { useStep } from "./context";
import { FieldPeople, Overwritten } from "./FieldPeople";
import { useFieldPlace } from "./useFieldPlace";
import { CodeWidget } from "./widgets/CodeWidget";
import { CredentialWidget } from "./widgets/CredentialWidget";
import { CronWidget } from "./widgets/CronWidget";
import { DataClassWidget } from "./widgets/DataClassWidget";
import { DecidersWidget } from "./widgets/DecidersWidget";
import { JsonWidget } from "./widgets/JsonWidget";
import { KeyValueWidget, ListWidget, TableWidget } from "./widgets/lists";
import { LibraryPromptWidget } from "./widgets/LibraryPromptWidget";
import { ModelWidget } from "./widgets/ModelWidget";
import type { ControlProps, WidgetProps } from "./widgets/props";
import { SchemaWidget } from "./widgets/SchemaWidget";
import { ShownWidget } from "./widgets/ShownWidget";
import { BooleanWidget, ChoiceWidget, NumberWidget, TextWidget } from "./widgets/simple";
import { ValueWidget } from "./widgets/ValueWidget";
import { WorkflowWidget } from "./widgets/WorkflowWidget";

const WIDGETS: Record<Field["widget"], (props: WidgetProps) => React.ReactNode> = {
  text: TextWidget,
  textarea: TextWidget,
  number: NumberWidget,
  boolean: BooleanWidget,
  choice: ChoiceWidget,
  model: ModelWidget,
  workflow: WorkflowWidget,
  "library-prompt": LibraryPromptWidget,
  credential: CredentialWidget,
  "data-class": DataClassWidget,
  deciders: DecidersWidget,
  value: ValueWidget,
  code: CodeWidget,
  "key-value": KeyValueWidget,
  list: ListWidget,
  table: TableWidget,
  schema: SchemaWidget,
  shown: ShownWidget,
  cron: CronWidget,
  json: JsonWidget,
};
const GROUPS: ReadonlySet<Field["widget"]> = new Set(["key-value", "table", "schema"]);

/** A field with its label, its way back to the default, its help and what is wrong with it. */
export function Control({ field, value, onChange, id, testId, readOnly, problems, row }: ControlProps) {
  const Widget = WIDGETS[field.widget];
  const { id: step, prefix } = useStep();
  const key = row ? null : `${step}/${field.name}`; // the entries of a table are one field
  const place = useFieldPlace(key);
  const help = `${id}-help`;
  const wrong = `${id}-problem`;
  const described = [field.help && help, problems.length && wrong].filter(Boolean).join(" ");
  const isSet = value !== undefined && !(field.text && value === "");
  const resettable = isSet && !readOnly && !field.required && !row && field.widget !== "shown";
  return (
    <div className="field" data-invalid={problems.length > 0 || undefined} {...place}>
      <div className="field-head">
        {field.widget === "boolean" || field.widget === "shown" ? null : GROUPS.has(field.widget) ? (
          <span className="field-label">{field.label}</span>
        ) : (
          <label htmlFor={id} onClick={field.text ? () => document.getElementById(id)?.focus() : undefined}>
            {field.label}
            {field.required && <span className="quiet"> required</span>}
          </label>
        )}
        {key && <FieldPeople field={key} />}
        {resettable && (
          <IconButton
            icon="rotate-ccw"
            className="field-reset"
            label={`Reset ${field.label.toLowerCase()}`}
            onClick={() => onChange(undefined)}
          />
        )}
      </div>
      <Widget
        field={field}
        value={value}
        onChange={onChange}
        id={id}
        testId={testId}
        invalid={problems.length > 0}
        describedBy={described || undefined}
        readOnly={readOnly}
        Control={Control}
        {...(row ? { row } : {})}
      />
      {key && <Overwritten field={`${step}/${prefix}${field.name}`} restore={onChange} />}
      {problems.length > 0 && (
        <ul id={wrong} className="field-problems" data-testid={`${testId}-problem`}>
          {problems.map((problem, index) => (
            <li key={index} className={problem.severity === "error" ? "field-error" : "field-warning"}>
              <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} size={12} />
              <span>
                {problem.message} {problem.fix}
              </span>
            </li>
          ))}
        </ul>
      )}
      {field.expression && field.widget === "textarea" && !readOnly && !shown(value).includes("{{") && (
        <p className="field-hint">
          Type <kbd>{"{{"}</kbd> to insert data from a previous step
        </p>
      )}
      {field.help && (
        <p className="field-hint" id={help}>
          <Line text={field.help} />
        </p>
      )}
    </div>
  );
}
