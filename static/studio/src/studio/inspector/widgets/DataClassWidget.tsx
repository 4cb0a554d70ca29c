import { useEffect, useState } from "react";
import { dataClasses, type DataClass } from "../../collab/dataClassApi";
import { shown } from "../../model/fields";
import { useEditor } from "../../model/hooks";
import type { WidgetProps } from "./props";

/** Return the classes of the workspace, as soon as they are known. */
export function useDataClasses(): readonly DataClass[] {
  const editor = useEditor();
  const [known, setKnown] = useState<readonly DataClass[]>([]);
  useEffect(() => {
    let here = true;
    void dataClasses(editor.boot).then((found) => here && setKnown(found));
    return () => {
      here = false;
    };
  }, [editor]);
  return known;
}

/** The class of a field's values; one that is not there any more is still named. */
export function DataClassWidget({ value, onChange, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const known = useDataClasses();
  const chosen = shown(value);
  return (
    <select
      id={id}
      className="input"
      value={chosen}
      disabled={readOnly}
      aria-label={label}
      aria-invalid={invalid || undefined}
      aria-describedby={describedBy}
      data-testid={testId}
      onChange={(event) => onChange(event.target.value || undefined)}
    >
      <option value="">Not withheld</option>
      {chosen && !known.some(({ slug }) => slug === chosen) && <option value={chosen}>{chosen}</option>}
      {known.map(({ slug, name }) => (
        <option key={slug} value={slug}>
          {name}
        </option>
      ))}
    </select>
  );
}
