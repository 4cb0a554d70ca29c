import { useState } from "react";
import { shown } from "../../model/fields";
import { same, type Json } from "../../model/json";
import { useDraft } from "../useDraft";
import type { WidgetProps } from "./props";

/** JSON as text; it is stored whenever it is whole. */
export function JsonWidget({ value, onChange, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const [problem, setProblem] = useState("");
  const store = (text: string) => {
    const read = parsed(text);
    setProblem(read.problem);
    if (!read.problem) onChange(read.value);
  };
  const means = (draft: string, next: string) => same(parsed(draft).value, parsed(next).value);
  const [draft, write] = useDraft(shown(value), store, means);
  const wrong = `${id}-wrong`;
  return (
    <div className="stretch">
      <textarea
        id={id}
        className="input input-mono"
        rows={Math.min(14, Math.max(4, draft.split("\n").length))}
        spellCheck={false}
        value={draft}
        readOnly={readOnly}
        aria-label={label}
        aria-invalid={invalid || problem !== "" || undefined}
        aria-describedby={problem ? wrong : describedBy}
        data-testid={testId}
        onChange={(event) => write(event.target.value)}
      />
      {problem && (
        <span className="field-error" id={wrong}>
          {problem}
        </span>
      )}
    </div>
  );
}

function parsed(text: string): { value: Json | undefined; problem: string } {
  if (!text.trim()) return { value: undefined, problem: "" };
  try {
    return { value: JSON.parse(text) as Json, problem: "" };
  } catch (error) {
    return { value: undefined, problem: `Not stored yet, this is not JSON: ${(error as Error).message}` };
  }
}
