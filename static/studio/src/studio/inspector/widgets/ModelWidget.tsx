import { useEffect, useState } from "react";
import { get } from "../../../lib/api";
import { useEditor } from "../../model/hooks";
import { shown } from "../../model/fields";
import { useDraft } from "../useDraft";
import { placeholderOf, type WidgetProps } from "./props";

interface Route {
  alias?: string;
  name?: string;
  description?: string;
}

let asked: Promise<readonly Route[]> | null = null;

/** Return the model routes of the workspace, asked for once; none where they cannot be read. */
function routes(api: string): Promise<readonly Route[]> {
  asked ??= get<{ results: Route[] }>(`${api}gateway/routes/?page_size=100`)
    .then(({ results }) => results)
    .catch(() => []);
  return asked;
}

/** A model by the name of its route: one of those that are there, or any that will be. */
export function ModelWidget(props: WidgetProps) {
  const { field, id, testId, invalid, describedBy, readOnly, label } = props;
  const editor = useEditor();
  const [known, setKnown] = useState<readonly Route[]>([]);
  useEffect(() => {
    let here = true;
    void routes(editor.boot.urls.api).then((found) => here && setKnown(found));
    return () => {
      here = false;
    };
  }, [editor]);
  const [draft, write] = useDraft(shown(props.value), (text) => props.onChange(text || undefined));
  const names = known.map((route) => route.alias ?? route.name ?? "").filter(Boolean);
  const chosen = draft || placeholderOf(field);
  const missing = names.length > 0 && !names.includes(chosen) && !chosen.includes("{{");
  return (
    <>
      <input
        id={id}
        className="input"
        list={`${id}-routes`}
        value={draft}
        placeholder={placeholderOf(field)}
        readOnly={readOnly}
        autoComplete="off"
        aria-label={label}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        data-testid={testId}
        onChange={(event) => write(event.target.value)}
      />
      <datalist id={`${id}-routes`}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {missing && <span className="field-hint">{`There is no route “${chosen}” yet. Known: ${names.join(", ")}.`}</span>}
    </>
  );
}
