// Which steps are real elements, and which are only painted.
//
// Near, what is seen and a little around it; far, where there is much to see, only what is selected,
// hovered or focused. At most a dozen are added in one frame; the painted box stays until then.

import type { Editor } from "../model/editor";
import { Observable } from "../model/observable";
import type { Box } from "../model/grid";

const MARGIN = 200;
const PER_FRAME = 12;
const FAR_BELOW = 0.38;
const NEAR_ABOVE = 0.42;
/** So few are all real, however far: then nothing is gained by painting. */
const FEW = 60;
const MOST_SELECTED = 50;
const MOST_ENDS = 24;

export class Mounting {
  readonly ids = new Observable<ReadonlySet<string>>(new Set());
  readonly far = new Observable(false);
  #hovered: string | null = null;
  #key = "";
  #pending = false;

  constructor(
    readonly editor: Editor,
    readonly nextFrame: (step: () => void) => void = (step) => requestAnimationFrame(step),
  ) {}

  /** Follow the editor; returns how to stop. */
  start(): () => void {
    const { store, selection, view } = this.editor;
    const again = () => this.#schedule();
    const stops = [
      view.viewport.on(() => this.#moved()),
      view.size.on(again),
      store.on("graph", again),
      selection.on("selection", again),
      selection.on("focus", again),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }

  hover(id: string | null): void {
    if (id === this.#hovered) return;
    this.#hovered = id;
    if (this.far.value) this.#schedule();
  }

  /** Mount what is wanted, as much at once as a frame allows. */
  update(): void {
    this.#pending = false;
    this.#key = keyOf(this.editor.view.seen(MARGIN));
    const wanted = this.#wanted();
    const now = this.ids.value;
    const next = new Set<string>();
    for (const id of now) if (wanted.has(id)) next.add(id);
    let added = 0;
    for (const id of wanted) {
      if (next.has(id)) continue;
      if (added === PER_FRAME) {
        this.#schedule();
        break;
      }
      next.add(id);
      added += 1;
    }
    if (added || next.size !== now.size) this.ids.set(next);
  }

  #schedule(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.nextFrame(() => this.update());
  }

  #moved(): void {
    if (keyOf(this.editor.view.seen(MARGIN)) !== this.#key || this.#isFar() !== this.far.value)
      this.#schedule();
  }

  #isFar(): boolean {
    const { zoom } = this.editor.view.viewport.value;
    return this.editor.store.nodes.size > FEW && zoom < (this.far.value ? NEAR_ABOVE : FAR_BELOW);
  }

  #wanted(): ReadonlySet<string> {
    const { store, selection, view } = this.editor;
    this.far.set(this.#isFar());
    const wanted = new Set<string>();
    if (selection.focus && store.nodes.has(selection.focus)) wanted.add(selection.focus);
    if (this.far.value) {
      if (selection.ids.size <= MOST_SELECTED) for (const id of selection.ids) wanted.add(id);
      if (this.#hovered && store.boxOf(this.#hovered)) wanted.add(this.#hovered);
      return wanted;
    }
    for (const id of store.grid.within(view.seen(MARGIN))) wanted.add(id);
    return withEnds(this.editor, wanted);
  }
}

/** Add the far ends of edges, so that an edge that leaves the view can be taken hold of. */
function withEnds({ store }: Editor, near: ReadonlySet<string>): ReadonlySet<string> {
  const all = new Set(near);
  for (const id of near)
    for (const edge of [...store.edgesFrom(id), ...store.edgesInto(id)]) {
      if (all.size - near.size >= MOST_ENDS) return all;
      const ends = store.edges.get(edge);
      if (ends) all.add(ends.source).add(ends.target);
    }
  return all;
}

/** A text that changes only when the area has moved by a good part of the margin. */
function keyOf(area: Box): string {
  const coarse = (value: number) => Math.round(value / (MARGIN / 2));
  return [area.x, area.y, area.width, area.height].map(coarse).join();
}
