import { useState } from "react";
import type { Step } from "../model/boot";
import { MOST_MARKS, pathProblem, withMark, type Marks } from "../model/marks";
import { Button, IconButton } from "../parts/Button";
import { useDataClasses } from "./widgets/DataClassWidget";

/** The marked values of a step: which are withheld, for which class, and one more. */
export function DataMarks({
  step,
  readOnly,
  onChange,
}: {
  step: Step;
  readOnly: boolean;
  onChange: (marks: Marks | undefined) => void;
}) {
  const known = useDataClasses();
  const marks: Marks = step.data_classes ?? {};
  const [path, setPath] = useState("");
  const [problem, setProblem] = useState("");
  const id = `${step.id}-marks`;
  const names = new Map(known.map(({ slug, name }) => [slug, name]));
  const choices = (chosen: string) => (
    <>
      {chosen && !names.has(chosen) && <option value={chosen}>{chosen}</option>}
      {known.map(({ slug, name }) => (
        <option key={slug} value={slug}>
          {name}
        </option>
      ))}
    </>
  );
  const add = () => {
    const wrong = pathProblem(path.trim(), marks);
    setProblem(wrong);
    const [first] = known;
    if (wrong || !first) return;
    onChange(withMark(marks, path.trim(), first.slug));
    setPath("");
  };
  return (
    <div className="field" role="group" aria-labelledby={`${id}-label`}>
      <span className="field-label" id={`${id}-label`}>
        Classes of data
      </span>
      {Object.entries(marks).map(([place, name]) => (
        <div className="field-row" key={place} data-testid="mark">
          <code className="mark-path">{place}</code>
          <select
            className="input"
            value={name}
            disabled={readOnly}
            aria-label={`Class of ${place}`}
            onChange={(event) => onChange(withMark(marks, place, event.target.value))}
          >
            {choices(name)}
          </select>
          {!readOnly && (
            <IconButton icon="x" label={`Take the mark of ${place} out`} onClick={() => onChange(withMark(marks, place, null))} />
          )}
        </div>
      ))}
      {!readOnly && Object.keys(marks).length < MOST_MARKS && (
        <div className="field-row">
          <input
            className="input"
            value={path}
            placeholder="output.email"
            aria-label="Path of a value"
            aria-invalid={problem !== "" || undefined}
            aria-describedby={problem ? `${id}-problem` : `${id}-help`}
            data-testid="mark-path"
            onChange={(event) => setPath(event.target.value)}
            onKeyDown={(event) => event.key === "Enter" && add()}
          />
          <Button onClick={add} disabled={!path.trim() || known.length === 0} data-testid="mark-add">
            Mark
          </Button>
        </div>
      )}
      {problem && (
        <p className="field-error" id={`${id}-problem`}>
          {problem}
        </p>
      )}
      <p className="field-hint" id={`${id}-help`}>
        Marked values are withheld from rows, logs and mails of runs. <code>*</code> stands for each entry.
      </p>
    </div>
  );
}
