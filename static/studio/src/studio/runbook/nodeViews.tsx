import type { Node } from "prosemirror-model";
import type { EditorView, NodeView, NodeViewConstructor } from "prosemirror-view";
import type { ReactNode } from "react";
import { createRoot, type Root } from "react-dom/client";
import type { Editor } from "../model/editor";
import { EditorProvider } from "../model/hooks";
import { ApprovalBlock, RunBlock, StepBlock } from "./LiveBlocks";
import { Picture } from "./Picture";
import { liveIdOf } from "./schema";

type Draw = (node: Node, change: (attrs: Record<string, unknown>) => void, selected: boolean) => ReactNode;

/** How blocks are shown that are more than text. */
export function nodeViews(editor: Editor): Record<string, NodeViewConstructor> {
  const drawn =
    (draw: Draw): NodeViewConstructor =>
    (node, view, getPos) =>
      new Drawn(editor, node, view, getPos, draw);
  return {
    check_item: (node, view, getPos) => new CheckItem(node, view, getPos),
    image: drawn((node, change, selected) => (
      <Picture
        image={String(node.attrs["image"])}
        alt={String(node.attrs["alt"])}
        selected={selected}
        onDescribe={editor.readOnly ? null : (alt) => change({ alt })}
      />
    )),
    node_block: drawn((node) => <StepBlock id={liveIdOf(node)} />),
    run_block: drawn((node) => <RunBlock id={liveIdOf(node)} />),
    approval_block: drawn((node) => <ApprovalBlock id={liveIdOf(node)} />),
  };
}

/** A block that is drawn by React and holds no text. */
class Drawn implements NodeView {
  readonly dom = document.createElement("div");
  readonly #root: Root;
  #selected = false;

  constructor(
    readonly editor: Editor,
    private node: Node,
    readonly view: EditorView,
    readonly getPos: () => number | undefined,
    readonly draw: Draw,
  ) {
    this.dom.className = "drawn-block";
    this.dom.contentEditable = "false";
    this.#root = createRoot(this.dom);
    this.#render();
  }

  update(node: Node): boolean {
    if (node.type !== this.node.type) return false;
    this.node = node;
    this.#render();
    return true;
  }

  selectNode(): void {
    this.#choose(true);
  }

  deselectNode(): void {
    this.#choose(false);
  }

  /** What is pressed or written inside of it is its own. */
  stopEvent(event: Event): boolean {
    return event.target instanceof Element && event.target.closest("a, button, input") !== null && !/^drag|^drop/.test(event.type);
  }

  ignoreMutation(): boolean {
    return true;
  }

  destroy(): void {
    queueMicrotask(() => this.#root.unmount()); // not in the middle of somebody's drawing
  }

  #choose(selected: boolean): void {
    this.#selected = selected;
    this.dom.toggleAttribute("data-selected", selected);
    this.#render();
  }

  #change(attrs: Record<string, unknown>): void {
    const at = this.getPos();
    if (at !== undefined) this.view.dispatch(this.view.state.tr.setNodeMarkup(at, undefined, { ...this.node.attrs, ...attrs }));
  }

  #render(): void {
    const drawn = this.draw(this.node, (attrs) => this.#change(attrs), this.#selected);
    this.#root.render(<EditorProvider value={this.editor}>{drawn}</EditorProvider>);
  }
}

/** An item with a box to check; readers see it and cannot. */
class CheckItem implements NodeView {
  readonly dom = document.createElement("li");
  readonly contentDOM = document.createElement("div");
  readonly #box = document.createElement("input");

  constructor(
    private node: Node,
    view: EditorView,
    getPos: () => number | undefined,
  ) {
    const mark = document.createElement("span");
    mark.className = "check-mark";
    mark.contentEditable = "false";
    this.#box.type = "checkbox";
    this.#box.disabled = !view.editable;
    this.#box.addEventListener("change", () => {
      const at = getPos();
      if (at !== undefined) view.dispatch(view.state.tr.setNodeMarkup(at, undefined, { checked: this.#box.checked }));
    });
    mark.append(this.#box);
    this.dom.append(mark, this.contentDOM);
    this.#show();
  }

  update(node: Node): boolean {
    if (node.type !== this.node.type) return false;
    this.node = node;
    this.#show();
    return true;
  }

  stopEvent(event: Event): boolean {
    return event.target === this.#box;
  }

  ignoreMutation(mutation: { target: globalThis.Node }): boolean {
    return !this.contentDOM.contains(mutation.target);
  }

  #show(): void {
    const checked = this.node.attrs["checked"] === true;
    this.#box.checked = checked;
    this.#box.setAttribute("aria-label", this.node.firstChild?.textContent || "Item");
    this.dom.toggleAttribute("data-done", checked);
  }
}
