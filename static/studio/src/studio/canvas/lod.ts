// The painted part of the canvas: every box that is not a real element, every edge between them.

import type { Edge } from "../model/boot";
import { inSight, PIN, pinsOf } from "../model/comments";
import type { Editor } from "../model/editor";
import { touches, type Box } from "../model/grid";
import { edgeId } from "../model/ids";
import { around as holdersOf, sizeOf } from "../model/nesting";
import type { NodeOverlay } from "../model/overlay";
import { portTop } from "../model/ports";
import { STATUS } from "../parts/StatusPill";
import type { Colours, Token } from "./colours";
import { edgeLook, type EdgeLook } from "./edges";
import { around, curve, curveOf, type Curve } from "./geometry";

export interface Scene {
  /** What is a real element and needs no painting. */
  mounted: ReadonlySet<string>;
  /** Edges that are real elements. */
  drawn: ReadonlySet<string>;
  drag: Drag | null;
  /** A line to a place where a step is being chosen. */
  pending: { from: readonly [number, number]; to: readonly [number, number] } | null;
}

interface Seen {
  id: string;
  box: Box;
}

export interface Drag {
  ids: ReadonlySet<string>;
  offset: readonly [number, number];
}

const TITLES_ABOVE = 0.15;
/** How far an edge that leads back reaches beside its ends. */
const BEND = 700;
const STROKES: Record<EdgeLook, { token: Token; alpha: number; dash: number[] }> = {
  idle: { token: "line-strong", alpha: 1, dash: [] },
  done: { token: "ok", alpha: 1, dash: [] },
  running: { token: "accent", alpha: 1, dash: [6, 5] },
  failed: { token: "bad", alpha: 1, dash: [] },
  untaken: { token: "line-strong", alpha: 0.4, dash: [] },
  undo: { token: "line-strong", alpha: 1, dash: [2, 4] },
};

export class Painter {
  #queued = false;
  scene: Scene = { mounted: new Set(), drawn: new Set(), drag: null, pending: null };

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly editor: Editor,
    readonly colours: Colours,
  ) {}

  /** Paint in the next frame, once however often it is asked for. */
  request(): void {
    if (this.#queued) return;
    this.#queued = true;
    requestAnimationFrame(() => {
      this.#queued = false;
      this.paint();
    });
  }

  paint(): void {
    const context = this.canvas.getContext("2d");
    if (!context) return;
    const { viewport, size } = this.editor.view;
    const { x, y, zoom } = viewport.value;
    const scale = devicePixelRatio || 1;
    const { width, height } = size.value;
    if (this.canvas.width !== width * scale || this.canvas.height !== height * scale) {
      this.canvas.width = width * scale;
      this.canvas.height = height * scale;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(scale * zoom, 0, 0, scale * zoom, scale * x, scale * y);
    const seen = this.editor.view.seen(40);
    const boxes = this.#seen(seen);
    // Frames lie under the edges inside them, the outer under the inner.
    const deep = ({ id }: Seen) => holdersOf(this.editor.store, id).length;
    const frames = boxes.filter(({ id }) => this.editor.store.holds(id)).sort((a, b) => deep(a) - deep(b));
    for (const { id, box } of boxes) if (this.editor.store.notes.get(id)?.group) this.#group(context, id, box, zoom);
    for (const { id, box } of frames) this.#frame(context, id, box, zoom);
    this.#edges(context, seen, zoom);
    for (const { id, box } of boxes) this.#box(context, id, box, zoom);
    this.#pendingLine(context);
    this.#guides(context, seen, zoom);
    this.#ghosts(context, zoom);
    this.#pins(context, zoom);
  }

  /** Pins of comments, where they are too many to be elements. */
  #pins(context: CanvasRenderingContext2D, zoom: number): void {
    const { comments, store, view } = this.editor;
    const { pins, painted } = inSight(pinsOf(comments, store), view.seen(PIN / zoom));
    if (!painted) return;
    for (const { at: [x, y], node, unread } of pins) {
      const [dx, dy] = this.#offset(node);
      context.beginPath();
      context.arc(x + dx, y + dy, PIN / 4 / zoom, 0, 2 * Math.PI);
      context.fillStyle = this.colours.token(unread ? "accent" : "surface");
      context.fill();
      context.lineWidth = 1.5 / zoom;
      context.strokeStyle = this.colours.token(unread ? "surface" : "line-strong");
      context.stroke();
    }
  }

  /** Connections of that which lies over the canvas, and that it has not itself. */
  #ghosts(context: CanvasRenderingContext2D, zoom: number): void {
    const { store, types } = this.editor;
    const compared = this.editor.compared.value;
    if (!compared) return;
    const ghosts = new Map(compared.ghosts.map((step) => [step.id, step]));
    const boxOf = (id: string): Box | undefined => {
      const step = ghosts.get(id);
      return step ? { x: step.position[0], y: step.position[1], ...sizeOf(types, step) } : store.boxOf(id);
    };
    const path = new Path2D();
    for (const { source, target, ...edge } of compared.over.edges) {
      const [from, to] = [boxOf(source), boxOf(target)];
      const missing = compared.edges.get(edgeId({ source, target, ...edge })) === compared.missing;
      if (missing && from && to) trace(path, curve(from.x + from.width, from.y + portTop(0), to.x, to.y + portTop(0)));
    }
    context.lineWidth = Math.max(1.5 / zoom, 1.5);
    context.setLineDash([6, 5]);
    context.strokeStyle = this.colours.token(compared.missing === "added" ? "ok" : "bad");
    context.stroke(path);
    context.setLineDash([]);
  }

  /** The lines along which what is dragged stands with others. */
  #guides(context: CanvasRenderingContext2D, seen: Box, zoom: number): void {
    const { x, y } = this.editor.panels.guides.value;
    const path = new Path2D();
    if (x !== null) path.rect(x, seen.y, 0, seen.height);
    if (y !== null) path.rect(seen.x, y, seen.width, 0);
    context.lineWidth = 1 / zoom;
    context.strokeStyle = this.colours.token("accent");
    context.stroke(path);
  }

  #offset = (id: string): readonly [number, number] => {
    const { drag } = this.scene;
    return drag?.ids.has(id) ? drag.offset : [0, 0];
  };

  #edges(context: CanvasRenderingContext2D, seen: Box, zoom: number): void {
    const { store, overlay, selection, panels } = this.editor;
    const paths = new Map<EdgeLook, Path2D>();
    let selected: Curve | null = null;
    for (const edge of store.edges.values()) {
      if (this.scene.drawn.has(edge.id) || this.#isElsewhere(edge, seen)) continue;
      const run = curveOf(store, edge, this.#offset);
      if (!run || !touches(around(run), seen)) continue;
      if (edge.id === selection.edge || edge.id === panels.dropEdge.value) selected = run;
      const look = edgeLook(edge as Edge, overlay);
      const path = paths.get(look) ?? new Path2D();
      trace(path, run);
      paths.set(look, path);
    }
    context.lineWidth = Math.max(1.5 / zoom, zoom > 0.5 ? 1.75 : 0);
    for (const [look, path] of paths) this.#stroke(context, path, look);
    if (selected) {
      const path = new Path2D();
      trace(path, selected);
      context.strokeStyle = this.colours.token("accent");
      context.stroke(path);
    }
  }

  /** Tell cheaply that an edge cannot be seen: both ends lie on the same side, and neither is dragged. */
  #isElsewhere({ source, target }: Edge, seen: Box): boolean {
    const { store } = this.editor;
    const { drag } = this.scene;
    if (drag?.ids.has(source) || drag?.ids.has(target)) return false;
    const [from, to] = [store.boxOf(source), store.boxOf(target)];
    if (!from || !to) return false;
    return (
      Math.max(from.x + from.width, to.x + to.width) + BEND < seen.x ||
      Math.min(from.x, to.x) - BEND > seen.x + seen.width ||
      Math.max(from.y + from.height, to.y + to.height) < seen.y ||
      Math.min(from.y, to.y) > seen.y + seen.height
    );
  }

  #stroke(context: CanvasRenderingContext2D, path: Path2D, look: EdgeLook): void {
    const { token, alpha, dash } = STROKES[look];
    context.globalAlpha = alpha;
    context.setLineDash(dash);
    context.strokeStyle = this.colours.token(token);
    context.stroke(path);
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  /** What is to be painted, where it is seen. */
  #seen(area: Box): Seen[] {
    const { store } = this.editor;
    const { mounted, drag } = this.scene;
    const ids = new Set(store.grid.within(area));
    if (drag) for (const id of drag.ids) ids.add(id);
    return [...ids].flatMap((id) => {
      const box = store.boxOf(id);
      if (!box || mounted.has(id)) return [];
      const [dx, dy] = this.#offset(id);
      return [{ id, box: { ...box, x: box.x + dx, y: box.y + dy } }];
    });
  }

  #box(context: CanvasRenderingContext2D, id: string, box: Box, zoom: number): void {
    const { store } = this.editor;
    if (store.notes.get(id)?.group) return; // painted below the edges
    if (store.notes.has(id)) this.#note(context, id, box);
    else if (!store.holds(id)) this.#step(context, id, box, zoom);
  }

  #frame(context: CanvasRenderingContext2D, id: string, box: Box, zoom: number): void {
    const { store, types, overlay, selection, panels } = this.editor;
    const step = store.nodes.get(id);
    if (!step) return;
    const path = new Path2D();
    path.roundRect(box.x, box.y, box.width, box.height, 12);
    context.globalAlpha = 0.28;
    context.fillStyle = this.colours.kind(types.get(step.type)?.hue ?? 0);
    context.fill(path);
    context.globalAlpha = step.disabled ? 0.55 : 1;
    const status = overlay.get(id);
    const tone = softOf(status)?.replace("-soft", "") as Token | undefined;
    const chosen = selection.has(id) || panels.dropFrame.value === id;
    context.lineWidth = Math.max((chosen ? 2 : 1) / zoom, chosen ? 2 : 1);
    context.strokeStyle = this.colours.token(chosen ? "accent" : (tone ?? "line-strong"));
    context.stroke(path);
    if (zoom > TITLES_ABOVE) this.#title(context, store.titleOf(id), { ...box, height: 64 });
    context.globalAlpha = 1;
  }

  #step(context: CanvasRenderingContext2D, id: string, box: Box, zoom: number): void {
    const { store, types, overlay, selection, panels } = this.editor;
    const step = store.nodes.get(id);
    if (!step) return;
    const status = overlay.get(id);
    const path = new Path2D();
    path.roundRect(box.x, box.y, box.width, box.height, 10);
    context.globalAlpha = step.disabled ? 0.55 : 1;
    context.fillStyle = this.colours.token(softOf(status) ?? "surface");
    context.fill(path);
    context.save();
    context.clip(path);
    context.fillStyle = this.colours.kind(types.get(step.type)?.hue ?? 0);
    context.fillRect(box.x, box.y, bandOf(zoom), box.height);
    context.restore();
    const chosen = selection.has(id) || panels.willRun.value.has(id);
    context.lineWidth = Math.max((chosen ? 2 : 1) / zoom, chosen ? 2 : 1);
    const failed = status?.status === "failed";
    const diff = this.editor.compared.value?.steps.get(id);
    const mark = diff === "added" ? "ok" : diff === "changed" ? "warn" : failed || diff === "removed" ? "bad" : "line";
    context.strokeStyle = this.colours.token(chosen ? "accent" : mark);
    context.stroke(path);
    if (zoom > TITLES_ABOVE) this.#title(context, store.titleOf(id), box);
    context.globalAlpha = 1;
  }

  #title(context: CanvasRenderingContext2D, text: string, box: Box): void {
    context.fillStyle = this.colours.token("ink");
    context.font = "550 24px Geist, system-ui, sans-serif";
    context.textBaseline = "middle";
    // Fourteen letters of that size fill a box; measuring each would cost more than it shows.
    const shown = text.length > 16 ? `${text.slice(0, 15)}…` : text;
    context.fillText(shown, box.x + 20, box.y + box.height / 2, box.width - 30);
  }

  #group(context: CanvasRenderingContext2D, id: string, box: Box, zoom: number): void {
    const path = new Path2D();
    path.roundRect(box.x, box.y, box.width, box.height, 14);
    context.globalAlpha = 0.5;
    context.fillStyle = this.colours.token("sunken");
    context.fill(path);
    context.globalAlpha = 1;
    context.lineWidth = Math.max(1 / zoom, 1);
    context.strokeStyle = this.colours.token(this.editor.selection.has(id) ? "accent" : "line");
    context.stroke(path);
    if (zoom > TITLES_ABOVE) this.#title(context, this.editor.store.notes.get(id)?.text ?? "", { ...box, height: 44 });
  }

  #note(context: CanvasRenderingContext2D, id: string, box: Box): void {
    context.fillStyle = this.colours.token(groundOf(this.editor.store.notes.get(id)));
    context.fillRect(box.x, box.y, box.width, box.height);
    context.strokeStyle = this.colours.token(this.editor.selection.has(id) ? "accent" : "line");
    context.strokeRect(box.x, box.y, box.width, box.height);
  }

  #pendingLine(context: CanvasRenderingContext2D): void {
    const { pending } = this.scene;
    if (!pending) return;
    const path = new Path2D();
    trace(path, curve(...pending.from, ...pending.to));
    context.lineWidth = 1.75;
    context.strokeStyle = this.colours.token("accent");
    context.stroke(path);
  }
}

function trace(path: Path2D, [ax, ay, bx, cx, dx, dy]: Curve): void {
  path.moveTo(ax, ay);
  path.bezierCurveTo(bx, ay, cx, dy, dx, dy);
}

/** Return how wide the band of a step's kind is: three points of the screen at least, however far. */
export function bandOf(zoom: number): number {
  return Math.max(6, 3 / zoom);
}

/** The ground of a painted box says how the step stands. */
export function softOf(status: NodeOverlay | undefined): Token | null {
  if (!status) return null;
  const { tone } = STATUS[status.status];
  return tone === "neutral" ? null : `${tone}-soft`;
}

const GROUNDS: Readonly<Record<string, Token>> = {
  yellow: "warn-soft",
  blue: "accent-soft",
  green: "ok-soft",
  red: "bad-soft",
  purple: "wait-soft",
};

/** The painted ground of a note; a group and a grey one have the quiet one. */
export function groundOf(note: { colour: string; group?: boolean } | undefined): Token {
  return (!note?.group && GROUNDS[note?.colour ?? ""]) || "sunken";
}
