import { useEffect, useState } from "react";
import { groupHandles } from "../../collab/groupApi";
import { shown } from "../../model/fields";
import { useEditor } from "../../model/hooks";
import { ListWidget } from "./lists";
import type { WidgetProps } from "./props";

/** Whom a question is asked: one name in each line, and the groups of the workspace to add. */
export function DecidersWidget(props: WidgetProps) {
  const editor = useEditor();
  const [groups, setGroups] = useState<readonly string[]>([]);
  useEffect(() => {
    let here = true;
    void groupHandles(editor.boot).then((found) => here && setGroups(found));
    return () => {
      here = false;
    };
  }, [editor]);
  const names = Array.isArray(props.value) ? props.value.map(shown) : [];
  const others = groups.filter((each) => !names.includes(each));
  return (
    <>
      <ListWidget {...props} />
      {!props.readOnly && others.length > 0 && (
        <select
          className="input"
          value=""
          aria-label={`Add a group: ${props.label ?? props.field.label}`}
          data-testid={`${props.testId}-group`}
          onChange={(event) => props.onChange([...names, event.target.value])}
        >
          <option value="">Add a group…</option>
          {others.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      )}
    </>
  );
}
