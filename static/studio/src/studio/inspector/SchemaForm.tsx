import { useMemo, useState } from "react";
import type { NodeType, Problem, Step } from "../model/boot";
import { fieldsOf, isAbout, SHOWN, type Field } from "../model/fields";
import { useEditor, useProblemsOf } from "../model/hooks";
import * as ops from "../model/ops";
import { Icon } from "../parts/Icon";
import { Control } from "./Control";

/** The fields of a step, made from its type's schema: the first few, the rest under “More”. */
export function SchemaForm({ step, type }: { step: Step; type: NodeType }) {
  const editor = useEditor();
  const problems = useProblemsOf(step.id);
  const fields = useMemo(() => fieldsOf(type.config_schema), [type]);
  const [more, setMore] = useState(false);
  const about = (field: Field) => problems.filter((problem) => isAbout(problem.field, field.name));
  const first = fields.slice(0, SHOWN);
  const rest = fields.slice(SHOWN);
  const open = more || rest.some((field) => about(field).length > 0);
  const used = rest.filter((field) => step.config[field.name] !== undefined).length;
  const control = (field: Field) => (
    <Control
      key={field.name}
      field={field}
      value={step.config[field.name]}
      id={`${step.id}-${field.name}`}
      testId={`field-${field.name}`}
      readOnly={editor.readOnly}
      problems={about(field)}
      onChange={(value) => editor.edit((doc) => ops.setParam(doc, step.id, field.name, value))}
    />
  );
  return (
    <>
      <Elsewhere problems={problems.filter((problem) => !fields.some((each) => isAbout(problem.field, each.name)))} />
      {first.map(control)}
      {rest.length > 0 && (
        <section className="more">
          <button
            type="button"
            className="section-toggle"
            aria-expanded={open}
            data-testid="more-fields"
            onClick={() => setMore(!open)}
          >
            <Icon name={open ? "chevron-down" : "chevron-right"} size={14} />
            More
            {used > 0 && <span className="quiet">{`${used} set`}</span>}
          </button>
          {open && rest.map(control)}
        </section>
      )}
      {!fields.length && <p className="quiet">This step needs no settings.</p>}
    </>
  );
}

/** Problems of the step that belong to none of its fields. */
function Elsewhere({ problems }: { problems: readonly Problem[] }) {
  if (!problems.length) return null;
  return (
    <ul className="step-problems">
      {problems.map((problem, index) => (
        <li key={index} className={problem.severity === "error" ? "field-error" : "field-warning"}>
          <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} size={14} />
          <span>
            {problem.message} {problem.fix}
          </span>
        </li>
      ))}
    </ul>
  );
}
