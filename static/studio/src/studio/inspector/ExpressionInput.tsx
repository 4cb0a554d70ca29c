import { useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { inserted, partsOf } from "../model/expressions";
import { EXPRESSION } from "../parts/DataView";
import { useStep } from "./context";
import { ExpressionPreview } from "./ExpressionPreview";
import { useDraft } from "./useDraft";
import { useSuggestions } from "./useSuggestions";

interface Props {
  id: string;
  value: string;
  onChange: (text: string) => void;
  label?: string;
  testId: string;
  placeholder?: string;
  /** Many lines; else Enter is left to the form. */
  multiline?: boolean;
  /** Begin with one line; it grows with what is written. */
  compact?: boolean;
  mono?: boolean;
  invalid?: boolean;
  describedBy?: string | undefined;
  maxLength?: number | undefined;
}

/** A text that may hold `{{ }}`: marked while it is written, with names offered and a preview. */
export function ExpressionInput(props: Props) {
  const { id, multiline = false, compact = false, mono = false, invalid = false } = props;
  const { readOnly } = useStep();
  const [text, write] = useDraft(props.value, props.onChange);
  const field = useRef<HTMLTextAreaElement>(null);
  const own = useRef(props.value); // what this field itself wrote last
  const [caret, setCaret] = useState<number | null>(null);
  const [focused, setFocused] = useState(false);
  const [over, setOver] = useState(false);
  useKeptCaret(field, text, own);

  const put = (next: { text: string; caret: number }) => {
    own.current = next.text;
    // At once: the next key may come before the next frame.
    flushSync(() => {
      write(next.text);
      setCaret(next.caret);
      offer.reset();
    });
    field.current?.focus();
    field.current?.setSelectionRange(next.caret, next.caret);
  };
  const offer = useSuggestions(text, focused ? caret : null, put, () => setCaret(null));
  const look = () => {
    setCaret(field.current?.selectionStart ?? null);
    offer.reset();
  };
  const press = (event: React.KeyboardEvent) => {
    if (offer.press(event.key)) event.stopPropagation();
    else if (event.key !== "Enter" || multiline) return;
    event.preventDefault();
  };
  const drop = (event: React.DragEvent) => {
    const path = event.dataTransfer.getData(EXPRESSION);
    setOver(false);
    if (!path || readOnly) return;
    event.preventDefault();
    const place = field.current === document.activeElement ? (caret ?? text.length) : text.length;
    put(inserted(text, place, place, path));
  };
  return (
    <div
      className={`expression ${multiline && !compact ? "expression-lines" : ""} ${mono ? "expression-mono" : ""}`}
      data-over={over || undefined}
      data-invalid={invalid || undefined}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(EXPRESSION)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="expression-stack">
        <div className="expression-shown" aria-hidden="true">
          <Marked text={text} />
        </div>
        <textarea
          ref={field}
          id={id}
          rows={multiline && !compact ? 3 : 1}
          spellCheck={multiline && !mono}
          value={text}
          readOnly={readOnly}
          placeholder={props.placeholder}
          maxLength={props.maxLength}
          aria-label={props.label}
          aria-invalid={invalid || undefined}
          aria-describedby={props.describedBy}
          {...offer.attributes}
          data-testid={props.testId}
          onChange={(event) => {
            const { value, selectionStart } = event.target;
            const next = multiline ? value : value.replaceAll("\n", " ");
            own.current = next;
            write(next);
            setCaret(selectionStart);
            offer.reset();
          }}
          onSelect={look}
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          onKeyDown={press}
        />
      </div>
      {offer.list}
      {text.includes("{{") && <ExpressionPreview text={text} focused={focused} />}
    </div>
  );
}

/** The text once more, with its expressions marked; it stands where the field's own text would. */
function Marked({ text }: { text: string }) {
  return (
    <>
      {partsOf(text).map((part) =>
        part.kind === "text" ? (
          part.source
        ) : (
          <mark key={part.start} data-open={!part.closed || undefined}>
            <span>{"{{"}</span>
            {part.source}
            {part.closed && <span>{"}}"}</span>}
          </mark>
        ),
      )}
      {"\u200b"}
    </>
  );
}

/** Keep the caret where it was among the letters when somebody else edits the same text. */
function useKeptCaret(
  field: React.RefObject<HTMLTextAreaElement | null>,
  text: string,
  own: React.RefObject<string>,
): void {
  const before = useRef(text);
  useLayoutEffect(() => {
    const old = before.current;
    before.current = text;
    const element = field.current;
    if (!element || text === old || text === own.current) return;
    own.current = text;
    if (document.activeElement !== element) return;
    const { selectionStart, selectionEnd } = element;
    let same = 0;
    while (same < old.length && same < text.length && old[same] === text[same]) same += 1;
    const moved = (place: number) => (place <= same ? place : Math.max(same, place + text.length - old.length));
    element.setSelectionRange(moved(selectionStart), moved(selectionEnd));
  }, [field, text, own]);
}
