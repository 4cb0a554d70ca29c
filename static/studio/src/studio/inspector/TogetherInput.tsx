import { useRef, useState } from "react";
import { inserted } from "../model/expressions";
import type { Field } from "../model/fields";
import { EXPRESSION } from "../parts/DataView";
import { SharedText } from "../parts/SharedText";
import type { TextEditor } from "../parts/textEditor";
import { useStep } from "./context";
import { ExpressionPreview } from "./ExpressionPreview";
import { useSuggestions } from "./useSuggestions";

interface Props {
  field: Field;
  text: string;
  id: string;
  testId: string;
  label: string;
  placeholder: string;
  invalid: boolean;
  describedBy: string | undefined;
  /** The same field for one person alone. */
  children: React.ReactNode;
}

/** A parameter that people write together: with expressions marked, names offered and a preview. */
export function TogetherInput({ field, text, id, testId, label, placeholder, invalid, describedBy, children }: Props) {
  const step = useStep();
  const view = useRef<Pick<TextEditor, "put" | "focus">>(null);
  const [written, setWritten] = useState<{ text: string; caret: number | null }>({ text, caret: null });
  const [over, setOver] = useState(false);
  const prose = field.widget !== "code";
  const close = () => setWritten({ ...written, caret: null });
  const offer = useSuggestions(written.text, prose ? written.caret : null, (next) => view.current?.put(next), close);
  const drop = (event: React.DragEvent) => {
    const path = event.dataTransfer.getData(EXPRESSION);
    setOver(false);
    if (!path || step.readOnly) return;
    event.preventDefault();
    const place = written.caret ?? text.length;
    view.current?.put(inserted(text, place, place, path));
  };
  return (
    <div
      className="expression"
      data-over={over || undefined}
      data-invalid={invalid || undefined}
      onDragOverCapture={(event) => {
        if (!event.dataTransfer.types.includes(EXPRESSION)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDropCapture={drop}
    >
      <SharedText
        owner={step.id}
        name={field.name}
        kind={prose ? "prose" : "code"}
        label={label}
        id={id}
        testId={testId}
        placeholder={placeholder}
        maxLength={field.maxLength}
        handle={view}
        attributes={{
          ...(prose ? offer.attributes : {}),
          "aria-describedby": describedBy,
          "aria-invalid": invalid ? "true" : undefined,
          spellcheck: prose ? "true" : "false",
        }}
        onLook={(next, caret) => {
          setWritten({ text: next, caret });
          offer.reset();
        }}
        onKey={offer.press}
      >
        {children}
      </SharedText>
      {offer.list}
      {prose && text.includes("{{") && <ExpressionPreview text={text} focused={written.caret !== null} />}
    </div>
  );
}
