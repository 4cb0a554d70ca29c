// The open editor of a runbook: ProseMirror bound to the document. Fetched when the runbook is shown
// first. What the toolbar and the menu show of it is in `look`.

import { Slice, type Node } from "prosemirror-model";
import { EditorState, NodeSelection, Plugin, TextSelection, type Command, type Transaction } from "prosemirror-state";
import { fixTables, isInTable, tableEditing } from "prosemirror-tables";
import { EditorView } from "prosemirror-view";
import { ySyncPlugin, ySyncPluginKey, yUndoPlugin, yUndoPluginKey } from "y-prosemirror";
import type * as Y from "yjs";
import type { Editor } from "../model/editor";
import { same } from "../model/json";
import { Observable } from "../model/observable";
import { carets, showCaret } from "./carets";
import { cleaned } from "./cleaning";
import { bringIn, uploads } from "./pictures";
import { blocksOfMarkdown, type Here } from "./markdownIn";
import { markdownOf } from "./markdownOut";
import { nodeViews } from "./nodeViews";
import { referenceIn } from "./references";
import { isSafeHref, liveIdOf, make, markOf, schema } from "./schema";
import { slashOf, type Slash } from "./slash";
import { isSound } from "./soundness";
import { keys, signs } from "./typing";

/** What the toolbar, the menu and the field for a link show. */
export interface Look {
  marks: readonly string[];
  /** The kind of the block that the caret is in, and of what is around it. */
  block: string;
  around: readonly string[];
  inTable: boolean;
  undo: boolean;
  redo: boolean;
  empty: boolean;
  slash: Slash | null;
  /** Whether somebody put something there that cannot be shown. */
  sound: boolean;
}

const NOTHING: Look = { marks: [], block: "paragraph", around: [], inTable: false, undo: false, redo: false, empty: true, slash: null, sound: true };

export interface DeskOptions {
  parent: HTMLElement;
  /** Somebody wants to set a link; true where one may be set. */
  onLink: () => boolean;
  /** Take a key press for the open menu: true if it is taken. */
  onMenuKey: (key: string) => boolean;
  /** The keyboard goes elsewhere. */
  onLeave: () => void;
  /** Let the person choose pictures. */
  onPick: () => void;
}

export class Desk {
  readonly look = new Observable<Look>(NOTHING);
  readonly here: Here;
  view: EditorView | null = null;
  #shut: number | null = null; // where the menu was closed by hand
  readonly #fragment: Y.XmlFragment;
  readonly #watch: () => void;

  constructor(
    readonly editor: Editor,
    fragment: Y.XmlFragment,
    readonly options: DeskOptions,
  ) {
    this.#fragment = fragment;
    this.here = { origin: location.origin, workflow: editor.boot.workflow.id };
    // Before the editor hears of a change: what it cannot show it must not try to.
    this.#watch = () => this.#judge();
    fragment.observeDeep(this.#watch);
    this.#judge();
  }

  destroy(): void {
    this.#fragment.unobserveDeep(this.#watch);
    this.#close();
    this.editor.presence.show({ field: null, caret: null });
  }

  run(command: Command): void {
    const { view } = this;
    if (!view) return;
    command(view.state, view.dispatch, view);
    view.focus();
  }

  /** Put blocks at the caret, in place of what was typed for the menu. */
  insert(nodes: readonly Node[]): void {
    const { view } = this;
    if (!view) return;
    this.clearSlash();
    const { tr } = view.state;
    const { $from } = tr.selection;
    const emptyLine = $from.parent.isTextblock && !$from.parent.content.size && $from.depth > 0;
    const from = emptyLine ? $from.before() : $from.depth > 0 ? $from.after() : tr.selection.to;
    const last = nodes.at(-1);
    const isLast = from + (emptyLine ? $from.parent.nodeSize : 0) >= tr.doc.content.size;
    const all = isLast && !last?.isTextblock ? [...nodes, make("paragraph")] : nodes; // the caret goes there
    tr.replaceWith(from, emptyLine ? $from.after() : from, all);
    const end = from + nodes.reduce((size, node) => size + node.nodeSize, 0);
    const inside = last?.type.name === "table" || last?.isTextblock ? from + 1 : end;
    tr.setSelection(TextSelection.near(tr.doc.resolve(Math.min(inside, tr.doc.content.size)), 1));
    view.dispatch(tr.scrollIntoView());
    view.focus();
  }

  /** Open the menu of what can be put in, as a typed slash does. */
  openMenu(): void {
    const { view } = this;
    if (!view) return;
    const { $from } = view.state.selection;
    const before = $from.parent.isTextblock ? $from.parent.textBetween(0, $from.parentOffset, undefined, "\ufffc") : "";
    if ($from.parent.isTextblock && !$from.parent.type.spec.code) view.dispatch(view.state.tr.insertText(/(^|\s)$/.test(before) ? "/" : " /"));
    else this.insert([make("paragraph", null, schema.text("/"))]);
    view.focus();
  }

  pickPictures(): void {
    this.clearSlash();
    this.options.onPick();
  }

  /** Take away what was typed for the menu. */
  clearSlash(): void {
    const { view } = this;
    const slash = view && slashOf(view.state);
    if (view && slash) view.dispatch(view.state.tr.delete(slash.from, slash.to));
  }

  shutSlash(): void {
    this.#shut = this.look.value.slash?.from ?? null;
    this.#tell();
  }

  /** The link at the caret or the selection; empty without one. */
  get href(): string {
    const state = this.view?.state;
    if (!state) return "";
    const { $from, from, to } = state.selection;
    const marks = state.selection.empty ? $from.marks() : (state.doc.nodeAt(from)?.marks ?? []);
    const found = marks.find(({ type }) => type.name === "link") ?? (to > from ? undefined : state.doc.nodeAt(from)?.marks.find(({ type }) => type.name === "link"));
    return String(found?.attrs["href"] ?? "");
  }

  /** Link what is selected, or write the address where nothing is; an empty one takes the link away. */
  setLink(href: string): void {
    const { view } = this;
    if (!view) return;
    const { from, to, empty } = view.state.selection;
    const type = markOf("link");
    const range = empty ? rangeOfLink(view.state) : { from, to };
    const { tr } = view.state;
    if (range) tr.removeMark(range.from, range.to, type);
    if (href && isSafeHref(href)) {
      if (range) tr.addMark(range.from, range.to, type.create({ href }));
      else tr.insert(from, schema.text(href, [type.create({ href })]));
    }
    view.dispatch(tr.scrollIntoView());
    view.focus();
  }

  /** Bring the block of a step into view; false where there is none. */
  reveal(step: string): boolean {
    const { view } = this;
    if (!view) return false;
    let place: number | null = null;
    view.state.doc.descendants((node, at) => {
      if (place === null && node.type.name === "node_block" && liveIdOf(node) === step) place = at;
      return place === null;
    });
    if (place === null) return false;
    view.dispatch(view.state.tr.setSelection(NodeSelection.create(view.state.doc, place)).scrollIntoView());
    view.focus();
    return true;
  }

  markdown(): string {
    return this.view ? markdownOf(this.view.state.doc.content, referenceIn(this.editor)) : "";
  }

  async addPictures(files: readonly File[], at?: number): Promise<void> {
    const { view } = this;
    if (view) await bringIn(this.editor, view, files, at ?? view.state.selection.from);
  }

  #judge(): void {
    const sound = isSound(this.#fragment);
    if (!sound) this.#close();
    else if (!this.view) this.#open();
    if (this.look.value.sound !== sound) this.look.set({ ...this.look.value, sound });
  }

  #open(): void {
    const { parent } = this.options;
    const state = EditorState.create({ schema, plugins: this.#plugins() });
    this.view = new EditorView({ mount: parent.appendChild(document.createElement("div")) }, {
      state,
      ...this.#props(),
    });
    this.#tell();
  }

  #close(): void {
    const { view } = this;
    this.view = null;
    view?.destroy();
    this.options.parent.replaceChildren();
  }

  #plugins(): Plugin[] {
    return [
      ySyncPlugin(this.#fragment),
      yUndoPlugin(),
      carets(this.editor),
      uploads(),
      this.#menu(),
      signs(),
      ...keys(() => this.options.onLink()),
      tableEditing(),
      tidied(),
    ];
  }

  /** Keys belong to the open menu first; Escape then leads out of the text. */
  #menu(): Plugin {
    return new Plugin({
      props: {
        handleKeyDown: (_view, event) => {
          if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return false;
          if (this.look.value.slash) return this.options.onMenuKey(event.key);
          if (event.key === "Escape") this.options.onLeave();
          return event.key === "Escape";
        },
      },
    });
  }

  #props() {
    const { editor } = this;
    const writes = !editor.readOnly;
    const apply = (view: EditorView, tr: Transaction) => this.#apply(view, tr);
    return {
      editable: () => !editor.readOnly,
      attributes: {
        class: "runbook-text",
        "aria-label": "Runbook",
        ...(writes ? { role: "textbox", "aria-multiline": "true" } : { role: "document", tabindex: "0" }),
        "data-testid": "runbook-text",
        spellcheck: "true",
      },
      nodeViews: nodeViews(editor),
      dispatchTransaction(this: EditorView, tr: Transaction) {
        apply(this, tr); // also while it is being made, when nobody has it yet
      },
      transformPastedHTML: cleaned,
      clipboardTextParser: (text: string, _at: unknown, plain: boolean) => this.#pasted(text, plain),
      clipboardTextSerializer: (slice: Slice) => markdownOf(slice.content, referenceIn(editor)).trimEnd(),
      handlePaste: (_view: EditorView, event: ClipboardEvent) => this.#take(event.clipboardData),
      handleDrop: (view: EditorView, event: DragEvent, _slice: Slice, moved: boolean) =>
        !moved && this.#take(event.dataTransfer, view.posAtCoords({ left: event.clientX, top: event.clientY })?.pos),
      handleClick: (_view: EditorView, _at: number, event: MouseEvent) => follow(event, writes),
      handleDOMEvents: {
        focus: (view: EditorView) => {
          showCaret(editor, view);
          return false;
        },
        blur: () => {
          editor.presence.show({ field: null, caret: null });
          return false;
        },
      },
    };
  }

  #apply(view: EditorView, tr: Transaction): void {
    view.updateState(view.state.apply(tr));
    if (tr.selectionSet && !tr.docChanged) this.#shut = null;
    this.#tell();
  }

  #pasted(text: string, plain: boolean): Slice {
    const nodes = plain
      ? text.split(/\r?\n/).map((line) => make("paragraph", null, line ? schema.text(line) : []))
      : blocksOfMarkdown(text, this.here);
    const open = (node: Node | undefined) => (node?.type.name === "paragraph" ? 1 : 0);
    return new Slice(make("doc", null, nodes).content, open(nodes[0]), open(nodes.at(-1)));
  }

  /** Take pictures in; a table's or a text's picture, which office programs send along, is none. */
  #take(data: DataTransfer | null, at?: number): boolean {
    if (this.editor.readOnly || !data || data.types.includes("text/html")) return false;
    const files = [...data.files];
    if (!files.length) return false;
    void this.addPictures(files, at);
    return true;
  }

  #tell(): void {
    const { view } = this;
    if (!view) return;
    const next = lookOf(view.state, this.#shut);
    if (!next.slash) this.#shut = null;
    if (!same(next, this.look.value)) this.look.set(next);
  }
}

/** Tables keep their form, and there is always a line to write in at the end; whoever changes sees to it. */
function tidied(): Plugin {
  return new Plugin({
    appendTransaction(all, _before, state) {
      if (!all.some((tr) => tr.docChanged && !tr.getMeta(ySyncPluginKey))) return null;
      const tr = fixTables(state) ?? state.tr;
      if (!tr.doc.lastChild?.isTextblock) tr.insert(tr.doc.content.size, make("paragraph"));
      return tr.docChanged ? tr : null;
    },
  });
}

function lookOf(state: EditorState, shut: number | null): Look {
  const { $from, from, to, empty } = state.selection;
  const marks = Object.values(schema.marks).filter((type) =>
    empty ? type.isInSet(state.storedMarks ?? $from.marks()) : state.doc.rangeHasMark(from, to, type),
  );
  const around = Array.from({ length: $from.depth }, (_, depth) => $from.node(depth + 1).type.name);
  const history = (yUndoPluginKey.getState(state) as { undoManager: Y.UndoManager } | undefined)?.undoManager;
  const slash = slashOf(state);
  const { parent } = $from;
  return {
    marks: marks.map(({ name }) => name),
    block: parent.type.name === "heading" ? `heading${String(parent.attrs["level"])}` : parent.type.name,
    around,
    inTable: isInTable(state),
    undo: history?.canUndo() ?? false,
    redo: history?.canRedo() ?? false,
    empty: state.doc.childCount <= 1 && !state.doc.firstChild?.content.size && state.doc.firstChild?.isTextblock !== false,
    slash: slash && slash.from === shut ? null : slash,
    sound: true,
  };
}

/** The whole link that the caret stands in. */
function rangeOfLink(state: EditorState): { from: number; to: number } | null {
  const { $from } = state.selection;
  const type = markOf("link");
  let found: { from: number; to: number } | null = null;
  $from.parent.forEach((node, offset) => {
    const from = $from.start() + offset;
    const to = from + node.nodeSize;
    if (type.isInSet(node.marks) && from <= $from.pos && $from.pos <= to) found = { from, to };
  });
  return found;
}

/** Open a link: readers by a click, writers by one with Ctrl. */
function follow(event: MouseEvent, writes: boolean): boolean {
  const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
  const href = link?.getAttribute("href");
  if (!isSafeHref(href) || (writes && !event.ctrlKey && !event.metaKey)) return false;
  window.open(href, "_blank", "noopener,noreferrer");
  return true;
}
