import type { Edge as FlowEdge } from "@xyflow/react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useEditor, useObservable } from "../model/hooks";
import { inputsOf, outputsOf, portTop } from "../model/ports";
import { Colours } from "./colours";
import { Painter, type Drag } from "./lod";

const DOTS_ABOVE = 0.5;
const DOT = 20;

/** Paint what is not a real element, whenever the view, the graph, the run or the theme changes. */
export function usePainter(mounted: ReadonlySet<string>, edges: FlowEdge[], drag: Drag | null) {
  const editor = useEditor();
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter>(null);
  const [colours, setColours] = useState<Colours | null>(null);
  const [ready, setReady] = useState(false);
  const picker = useObservable(editor.panels.picker);

  useLayoutEffect(() => {
    const element = canvas.current;
    const parent = element?.parentElement;
    if (!element || !parent) return;
    const found = new Colours(parent);
    const made = new Painter(element, editor, found);
    painter.current = made;
    setColours(found);
    const { view, store, overlay, selection } = editor;
    const request = () => made.request();
    const moved = () => {
      dots(parent, view.viewport.value);
      made.request();
    };
    const themed = () => {
      found.forget();
      made.request();
    };
    const systems = ["(prefers-color-scheme: dark)", "(forced-colors: active)"].map((query) => matchMedia(query));
    const stops = [
      view.viewport.on(moved),
      view.size.on(request),
      store.on("graph", request),
      overlay.on("*", request),
      selection.on("selection", request),
      selection.on("edge", request),
      editor.panels.willRun.on(request),
      editor.panels.guides.on(request),
      editor.compared.on(request),
      editor.comments.threads.on(request),
      editor.comments.unsent.on(request),
    ];
    window.addEventListener("themechange", themed);
    for (const system of systems) system.addEventListener("change", themed);
    void document.fonts.ready.then(request);
    moved();
    return () => {
      for (const stop of stops) stop();
      window.removeEventListener("themechange", themed);
      for (const system of systems) system.removeEventListener("change", themed);
      found.remove();
    };
  }, [editor]);

  useLayoutEffect(() => {
    const own = painter.current;
    if (!own) return;
    own.scene = {
      mounted,
      drawn: new Set(edges.map((edge) => edge.id)),
      drag,
      pending: pendingLine(),
    };
    own.request();

    function pendingLine() {
      if (!picker?.from || !picker.at) return null;
      const step = editor.store.nodes.get(picker.from.node);
      const box = editor.store.boxOf(picker.from.node);
      if (!step || !box) return null;
      const source = picker.from.side === "source";
      const type = editor.types.get(step.type);
      const ports = source ? outputsOf(type, step) : inputsOf(type);
      const row = ports.findIndex((port) => port.name === picker.from?.port);
      const own = [box.x + (source ? box.width : 0), box.y + portTop(Math.max(0, row))] as const;
      return source ? { from: own, to: picker.at } : { from: picker.at, to: own };
    }
  }, [editor, mounted, edges, drag, picker]);

  useEffect(() => {
    // Two frames: the first paints, the second knows that it did.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => {
        performance.mark("canvas-ready");
        setReady(true);
      }),
    );
  }, []);
  return { canvas, colours, ready };
}

/**
 * Move the ground's dots with the view; below half size they would be noise. Not by custom properties:
 * those are inherited, so that every element of the canvas would be styled anew in each frame.
 */
function dots(element: HTMLElement, { x, y, zoom }: { x: number; y: number; zoom: number }): void {
  const size = DOT * zoom;
  element.style.backgroundSize = `${size}px ${size}px`;
  element.style.backgroundPosition = `${x - size / 2}px ${y - size / 2}px`;
  element.toggleAttribute("data-dotless", zoom < DOTS_ABOVE);
}
