import type { Field } from "../model/fields";
import { useEditor, useMeta, useProblems } from "../model/hooks";
import * as ops from "../model/ops";
import { StepProvider, type StepContext } from "./context";
import { Control } from "./Control";
import { NUMBER } from "./StepSettings";

const MONTH_S = 30 * 86_400;

const FIELDS: Field[] = [
  {
    ...NUMBER,
    name: "max_concurrent_runs",
    label: "Runs at a time",
    help: "More of them wait in turn, also those that are part of another run.",
    integer: true,
    least: 1,
    most: 32_767,
    fallback: "as many as the workspace may",
  },
  {
    ...NUMBER,
    name: "timeout_s",
    label: "Time limit of a run",
    help: "A run that takes longer is ended. One that asks a person what a step did ends once it is told.",
    unit: "s",
    least: 0.001,
    most: MONTH_S,
    fallback: "none",
  },
  {
    ...NUMBER,
    name: "cache_ttl_s",
    label: "Keep results",
    help: "A later run with the same version, inputs and rights is answered by a result that is younger, and does not run. Only for workflows whose steps read or compute: a PUT or DELETE acts, too.",
    unit: "s",
    integer: true,
    least: 1,
    most: MONTH_S,
    fallback: "not kept",
  },
  {
    ...NUMBER,
    name: "keep_payloads",
    label: "Keep what runs and their steps get, give and print",
    help: "Without it, shapes, sizes and digests stay once a run is over. It can then not be repeated from a step, only anew with inputs.",
    widget: "boolean",
    fallback: true,
  },
];

/** The settings are fields of the workflow itself: nothing comes before them that an expression could name. */
const WHOLE: StepContext = {
  id: "meta",
  prefix: "settings.",
  scope: { values: {}, steps: [] },
  valuesFor: () => null,
  readOnly: false,
};

/** What holds of all runs of the workflow; stored with the draft, in force once it is published. */
export function WorkflowSettings() {
  const editor = useEditor();
  const { settings } = useMeta();
  const problems = useProblems();
  return (
    <StepProvider value={editor.readOnly ? { ...WHOLE, readOnly: true } : WHOLE}>
      <div className="workflow-settings" data-testid="workflow-settings">
        {FIELDS.map((field) => (
          <Control
            key={field.name}
            field={field}
            value={settings[field.name]}
            id={`workflow-${field.name}`}
            testId={`workflow-${field.name}`}
            readOnly={editor.readOnly}
            problems={problems
              .filter((each) => each.field === `settings.${field.name}`)
              .map((each) => (each.node ? { ...each, message: `${editor.store.titleOf(each.node)}: ${each.message}` } : each))}
            onChange={(value) => editor.edit((doc) => ops.setSetting(doc, field.name, value))}
          />
        ))}
        <p className="quiet">They count for runs of the next version that you publish.</p>
      </div>
    </StepProvider>
  );
}
