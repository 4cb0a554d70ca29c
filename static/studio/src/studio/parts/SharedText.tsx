import { useEffect, useImperativeHandle, useLayoutEffect, useRef, useState, type ReactNode, type Ref, type RefObject } from "react";
import type * as Y from "yjs";
import { useEditor, useNode, useNote, useObservable } from "../model/hooks";
import type { TextEditor } from "./textEditor";

type Module = typeof import("./textEditor");

const END = -1;
let loaded: Module | null = null;

interface Props {
  /** The step or note, and its field. */
  owner: string;
  name: string;
  kind: "prose" | "code";
  label: string;
  testId: string;
  id?: string;
  placeholder?: string;
  maxLength?: number | undefined;
  className?: string;
  attributes?: Record<string, string | undefined>;
  /** Hears what is written and where the caret is; null once the keyboard is elsewhere. */
  onLook?: (text: string, caret: number | null) => void;
  onKey?: (key: string) => boolean;
  autoFocus?: boolean;
  handle?: Ref<Pick<TextEditor, "put" | "focus">>;
  /** What stands here until editor and document are there, and where the text is none of the document's. */
  children: ReactNode;
}

/** A text that people write together, letter by letter. */
export function SharedText(props: Props) {
  const text = useText(props.owner, props.name);
  const module = useModule();
  const own = useRef<HTMLDivElement>(null);
  const caret = useRef<number | null>(props.autoFocus ? END : null); // where the keyboard was before the editor came
  useTextEditor(props, own, text, module, caret);
  if (text && module) return <div ref={own} className={`shared-text shared-${props.kind} ${props.className ?? ""}`} />;
  const look = ({ target }: { target: EventTarget }) => {
    caret.current = target instanceof HTMLTextAreaElement ? target.selectionStart : null;
  };
  return (
    <div
      className="shared-waiting"
      onSelect={look}
      onInputCapture={look} // the letter that is typed may be what brings the text
      onBlur={() => {
        caret.current = null;
      }}
    >
      {props.children}
    </div>
  );
}

/** Open an editor in an element as soon as text and editor are there, and keep what it says of itself. */
function useTextEditor(
  props: Props,
  own: RefObject<HTMLElement | null>,
  text: Y.Text | undefined,
  module: Module | null,
  caret: RefObject<number | null>,
): void {
  const editor = useEditor();
  const view = useRef<TextEditor>(null);
  const latest = useRef(props);
  latest.current = props;
  useLayoutEffect(() => {
    if (!text || !module || !own.current) return;
    const { owner, name, kind, placeholder = "", maxLength } = latest.current;
    const opened = module.openTextEditor(editor, {
      parent: own.current,
      text,
      field: `${owner}/${name}`,
      kind,
      readOnly: editor.readOnly,
      placeholder,
      maxLength,
      attributes: describedBy(latest.current),
      onLook: (written, at, focused) => latest.current.onLook?.(written, focused ? at : null),
      onKey: (key) => latest.current.onKey?.(key) ?? false,
    });
    view.current = opened;
    if (caret.current !== null) opened.focus(caret.current === END ? undefined : caret.current);
    return () => {
      view.current = null;
      opened.destroy();
    };
  }, [editor, text, module, own, caret]);
  const attributes = JSON.stringify(describedBy(props));
  useEffect(() => view.current?.describe(JSON.parse(attributes) as Record<string, string>), [attributes]);
  useImperativeHandle(props.handle, () => ({
    put: (next) => view.current?.put(next),
    focus: (at) => view.current?.focus(at),
  }));
}

function describedBy({ id, label, testId, attributes }: Props): Record<string, string> {
  const all = { "aria-label": label, "data-testid": testId, id, ...attributes };
  return Object.fromEntries(Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

/** The document's text; another one after its step was deleted and brought back. */
function useText(owner: string, name: string): Y.Text | undefined {
  const editor = useEditor();
  useObservable(editor.attached);
  useNode(owner);
  useNote(owner);
  return useObservable(editor.past) ? undefined : editor.doc?.textOf(owner, name);
}

function useModule(): Module | null {
  const [module, setModule] = useState(loaded);
  useEffect(() => {
    if (module) return;
    let wanted = true;
    void import("./textEditor").then((found) => {
      loaded = found;
      if (wanted) setModule(found);
    }, () => undefined); // the plain field stays, and saves as well
    return () => {
      wanted = false;
    };
  }, [module]);
  return module;
}
