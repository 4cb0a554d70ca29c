// The editor of texts that people write together: CodeMirror bound to a text of the document, with the
// carets of the others. Fetched when the first such text is shown.

import { defaultKeymap, indentWithTab, standardKeymap } from "@codemirror/commands";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { python } from "@codemirror/lang-python";
import { Annotation, Compartment, EditorState, Prec, type Extension } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  keymap,
  lineNumbers,
  placeholder,
  ViewPlugin,
  WidgetType,
  type DecorationSet,
  type ViewUpdate,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { ySync, ySyncAnnotation, YSyncConfig, ySyncFacet } from "y-codemirror.next";
import * as Y from "yjs";
import type { Editor } from "../model/editor";
import { partsOf } from "../model/expressions";
import type { Peer } from "../model/presence";

export interface TextOptions {
  parent: HTMLElement;
  text: Y.Text;
  /** `<step or note>/<field>`. */
  field: string;
  kind: "prose" | "code";
  readOnly: boolean;
  placeholder: string;
  maxLength: number | undefined;
  attributes: Record<string, string>;
  onLook: (text: string, caret: number, focused: boolean) => void;
  /** Take a key press before the editor does: true if it is taken. */
  onKey: (key: string) => boolean;
}

export interface TextEditor {
  /** Replace the whole text, letters that stay left alone, and put the caret somewhere. */
  put(next: { text: string; caret: number }): void;
  describe(attributes: Record<string, string>): void;
  focus(caret?: number): void;
  destroy(): void;
}

export function openTextEditor(editor: Editor, options: TextOptions): TextEditor {
  const { text, parent } = options;
  const binding = new YSyncConfig(text, null);
  const history = new Y.UndoManager(text, { trackedOrigins: new Set([binding]), captureTimeout: 400 });
  editor.trackEditsOf(YSyncConfig);
  const described = new Compartment();
  const attributes = (given: Record<string, string>) => EditorView.contentAttributes.of(given);
  const extensions = [
    described.of(attributes(options.attributes)),
    bound(editor, options, binding),
    undoing(editor, history),
    surface(options),
  ];
  const view = new EditorView({ parent, state: EditorState.create({ doc: text.toString(), extensions }) });
  return {
    put({ text: wanted, caret }) {
      view.dispatch({ changes: difference(view.state.doc.toString(), wanted), selection: { anchor: caret } });
      view.focus();
    },
    describe: (given) => view.dispatch({ effects: described.reconfigure(attributes(given)) }),
    focus(caret = view.state.doc.length) {
      view.dispatch({ selection: { anchor: Math.min(caret, view.state.doc.length) } });
      view.focus();
    },
    destroy() {
      history.destroy();
      view.destroy();
    },
  };
}

/** The document's side: letters and carets, both ways. */
function bound(editor: Editor, { field, onLook }: TextOptions, binding: YSyncConfig): Extension {
  return [
    EditorState.lineSeparator.of("\n"), // as the text has it: places must be the same on both sides
    ySyncFacet.of(binding),
    ySync,
    carets(editor, field, binding),
    EditorView.updateListener.of((update) => looked(editor, update, binding, onLook)),
  ];
}

/** The person's side: keys and looks. */
function surface(options: TextOptions): Extension {
  return [
    EditorView.cspNonce.of(nonce()),
    EditorState.readOnly.of(options.readOnly),
    EditorView.editable.of(!options.readOnly),
    placeholder(options.placeholder),
    limited(options.maxLength),
    Prec.highest(
      EditorView.domEventHandlers({
        keydown(event) {
          if (!options.onKey(event.key)) return false;
          event.stopPropagation();
          return true;
        },
      }),
    ),
    options.kind === "code" ? CODE : PROSE,
  ];
}

/** The page's own: styles without it are refused. */
function nonce(): string {
  return document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
}

/** Ctrl+Z undoes what was written here; when nothing is left of it, what was done before. */
function undoing(editor: Editor, history: Y.UndoManager): Extension {
  const undo = () => {
    if (!history.undo()) editor.undo();
    return true;
  };
  const redo = () => {
    if (!history.redo()) editor.redo();
    return true;
  };
  return [
    keymap.of([
      { key: "Mod-z", run: undo, preventDefault: true },
      { key: "Mod-y", run: redo, preventDefault: true },
      { key: "Mod-Shift-z", run: redo, preventDefault: true },
    ]),
    EditorView.domEventHandlers({
      beforeinput: ({ inputType }) =>
        inputType === "historyUndo" ? undo() : inputType === "historyRedo" ? redo() : false,
    }),
  ];
}

/** What others write is never cut off. */
function limited(most: number | undefined): Extension {
  if (most === undefined) return [];
  return EditorState.changeFilter.of(
    (change) => change.annotation(ySyncAnnotation) !== undefined || change.newDoc.length <= Math.max(most, change.startState.doc.length),
  );
}

const refreshed = Annotation.define<boolean>();

/** Show to the others where the caret is, and to the field what is written. */
function looked(editor: Editor, update: ViewUpdate, binding: YSyncConfig, onLook: TextOptions["onLook"]): void {
  if (!update.docChanged && !update.selectionSet && !update.focusChanged) return;
  const { state, hasFocus } = update.view;
  const { anchor, head } = state.selection.main;
  const place = (at: number) => Y.relativePositionToJSON(binding.toYPos(at)) as unknown;
  editor.presence.show({ caret: hasFocus ? { anchor: place(anchor), head: place(head) } : null });
  onLook(state.doc.toString(), head, hasFocus);
}

function carets(editor: Editor, field: string, binding: YSyncConfig): Extension {
  const place = (at: unknown, most: number): number | null => {
    try {
      return Math.min(binding.fromYPos(at as object).pos, most);
    } catch {
      return null; // of a text that was replaced, or no place at all
    }
  };
  const marksOf = (peer: Peer, most: number) => {
    const [anchor, head] = [place(peer.caret?.anchor, most), place(peer.caret?.head, most)];
    if (anchor === null || head === null) return [];
    const caret = Decoration.widget({ widget: new Caret(peer.user.name, peer.user.colour), side: 1 }).range(head);
    const [from, to] = [Math.min(anchor, head), Math.max(anchor, head)];
    return from === to ? [caret] : [caret, Decoration.mark({ class: `co-selected peer-${peer.user.colour}` }).range(from, to)];
  };
  const draw = ({ state }: EditorView): DecorationSet =>
    Decoration.set(
      editor.presence.inField(field).flatMap((peer) => marksOf(peer, state.doc.length)),
      true,
    );
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      readonly stop: () => void;

      constructor(view: EditorView) {
        this.decorations = draw(view);
        this.stop = editor.presence.on(`field:${field}`, () => view.dispatch({ annotations: refreshed.of(true) }));
      }

      update({ view, docChanged, transactions }: ViewUpdate): void {
        if (docChanged || transactions.some((each) => each.annotation(refreshed))) this.decorations = draw(view);
      }

      destroy(): void {
        this.stop();
      }
    },
    { decorations: (plugin) => plugin.decorations },
  );
}

class Caret extends WidgetType {
  constructor(
    readonly name: string,
    readonly colour: string,
  ) {
    super();
  }

  override eq(other: Caret): boolean {
    return other.name === this.name && other.colour === this.colour;
  }

  toDOM(): HTMLElement {
    const caret = document.createElement("span");
    caret.className = `co-caret peer-${this.colour}`;
    caret.setAttribute("aria-hidden", "true");
    caret.dataset["name"] = this.name; // shown by the styles: it is no part of the text
    return caret;
  }

  override ignoreEvent(): boolean {
    return true;
  }
}

const INNER = Decoration.mark({ class: "co-expression" });
const OPEN = Decoration.mark({ class: "co-expression co-open" });

/** Expressions, marked while they are written. */
const expressions = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = marked(view);
    }

    update(update: ViewUpdate): void {
      if (update.docChanged) this.decorations = marked(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

function marked({ state }: EditorView): DecorationSet {
  const found = partsOf(state.doc.toString()).filter((part) => part.kind === "expression");
  return Decoration.set(found.map((part) => (part.closed ? INNER : OPEN).range(part.start, part.end)));
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.controlKeyword], class: "code-keyword" },
  { tag: [tags.string, tags.special(tags.string)], class: "code-string" },
  { tag: [tags.number, tags.bool, tags.null], class: "code-number" },
  { tag: tags.comment, class: "code-comment" },
]);
/** This key runs the workflow, also from a field. */
const RUN = "Mod-Enter";
const PROSE: Extension = [EditorView.lineWrapping, expressions, keymap.of(standardKeymap)];
const CODE: Extension = [
  lineNumbers(),
  python(),
  syntaxHighlighting(COLOURS),
  indentUnit.of("    "),
  EditorState.tabSize.of(4),
  keymap.of([indentWithTab, ...defaultKeymap.filter(({ key }) => key !== RUN)]),
];

/** Return the smallest change from one text to the other. */
function difference(before: string, after: string): { from: number; to: number; insert: string } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  return { from: start, to: before.length - end, insert: after.slice(start, after.length - end) };
}
