import { useRef } from "react";
import { flushSync } from "react-dom";
import { shown } from "../../model/fields";
import { useDraft } from "../useDraft";
import type { WidgetProps } from "./props";
import { Together } from "./simple";

const INDENT = "    ";

/** Source code that people write together. */
export function CodeWidget(props: WidgetProps) {
  const alone = <CodeInput {...props} />;
  return props.field.text && !props.row ? <Together {...props} alone={alone} /> : alone;
}

/** Source code. Tab indents; after Escape it leaves the field, so that nobody is caught in it. */
function CodeInput({ value, onChange, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const [draft, write] = useDraft(shown(value), onChange);
  const leaving = useRef(false);
  const press = (event: React.KeyboardEvent<HTMLTextAreaElement>) => {
    const wasLeaving = leaving.current;
    leaving.current = event.key === "Escape";
    if (event.key === "Escape") event.preventDefault();
    if (event.key !== "Tab" || wasLeaving || readOnly) return;
    event.preventDefault();
    const next = event.shiftKey ? outdented(event.currentTarget) : indented(event.currentTarget);
    const field = event.currentTarget;
    flushSync(() => write(next.text));
    field.setSelectionRange(next.start, next.end);
  };
  const lines = draft.split("\n").length;
  return (
    <div className="code">
      <div className="code-numbers" aria-hidden="true">
        {Array.from({ length: lines }, (_, index) => index + 1).join("\n")}
      </div>
      <textarea
        id={id}
        rows={Math.max(6, lines)}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        value={draft}
        readOnly={readOnly}
        aria-label={label}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        data-testid={testId}
        onChange={(event) => write(event.target.value)}
        onKeyDown={press}
        onBlur={() => (leaving.current = false)}
      />
    </div>
  );
}

interface Edited {
  text: string;
  start: number;
  end: number;
}

function indented({ value, selectionStart: start, selectionEnd: end }: HTMLTextAreaElement): Edited {
  if (!value.slice(start, end).includes("\n")) {
    const text = value.slice(0, start) + INDENT + value.slice(end);
    return { text, start: start + INDENT.length, end: start + INDENT.length };
  }
  const first = value.lastIndexOf("\n", start - 1) + 1;
  const block = value.slice(first, end).replace(/^/gm, INDENT);
  const text = value.slice(0, first) + block + value.slice(end);
  return { text, start: start + INDENT.length, end: first + block.length };
}

function outdented({ value, selectionStart: start, selectionEnd: end }: HTMLTextAreaElement): Edited {
  const first = value.lastIndexOf("\n", start - 1) + 1;
  const before = value.slice(first, end);
  const block = before.replace(/^ {1,4}/gm, "");
  const lead = before.length - before.replace(/^ {1,4}/, "").length;
  const text = value.slice(0, first) + block + value.slice(end);
  return { text, start: Math.max(first, start - lead), end: first + block.length };
}
