import { ReactFlow, useReactFlow, type EdgeTypes, type NodeTypes } from "@xyflow/react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import * as actions from "../model/actions";
import { useEditor, useFocusedId, useGraph, useObservable } from "../model/hooks";
import { bindings, nameOf } from "../model/keys";
import { thingAt } from "../model/nesting";
import type { Observable } from "../model/observable";
import type { PortRef } from "../model/panels";
import { MAX_ZOOM, MIN_ZOOM } from "../model/view";
import { layoutOnCanvas } from "../parts/layout";
import { useClipboard } from "../parts/useClipboard";
import { cameraFor } from "./camera";
import { Controls } from "./Controls";
import { EmptyCanvas } from "./EmptyCanvas";
import { FlowEdges, FlowNodes, ghostsOf } from "./flow";
import { FrameCard } from "./FrameCard";
import { GhostCard } from "./GhostCard";
import { GroupCard } from "./GroupCard";
import { letterKeys } from "./letters";
import type { Drag } from "./lod";
import { startMarquee, type Frame } from "./marquee";
import { Minimap } from "./Minimap";
import { Mounting } from "./mounting";
import { NodeCard } from "./NodeCard";
import { NoteCard } from "./NoteCard";
import { firstViewport, rememberViewport } from "./remembered";
import { StepEdge } from "./StepEdge";
import { useConnections } from "./useConnections";
import { useDragging } from "./useDragging";
import { usePainter } from "./usePainter";

const Peers = lazy(async () => ({ default: (await import("./Peers")).Peers }));
const CommentPins = lazy(async () => ({ default: (await import("./CommentPins")).CommentPins }));
const Placing = lazy(async () => ({ default: (await import("./CommentPins")).Placing }));
const NODES: NodeTypes = { step: NodeCard, frame: FrameCard, note: NoteCard, group: GroupCard, ghost: GhostCard };
const EDGES: EdgeTypes = { step: StepEdge };
const KEYS = bindings({ layout: layoutOnCanvas });
const onCanvas = (canvas: Element, active: Element | null) => active === canvas || active === document.body;

/** The canvas once its size is known: real steps near, painted ones far, and our own keyboard layer. */
export function Flow({ connecting }: { connecting: Observable<PortRef | null> }) {
  const editor = useEditor();
  const flow = useReactFlow();
  const root = useRef<HTMLDivElement>(null);
  const [viewport] = useState(() => {
    const first = firstViewport(editor);
    editor.view.viewport.set(first);
    return first;
  });
  const mounting = useMounting();
  const mounted = useObservable(mounting.ids);
  const [drag, setDrag] = useState<Drag | null>(null);
  const [frame, setFrame] = useState<Frame | null>(null);
  const revision = useGraph();
  const flowNodes = useMemo(() => new FlowNodes(editor), [editor]);
  const flowEdges = useMemo(() => new FlowEdges(editor), [editor]);
  // The revision stands for the store's content, which these read.
  const compared = useObservable(editor.compared);
  const ghosts = useMemo(() => ghostsOf(editor.types, compared), [editor, compared]);
  const own = useMemo(() => flowNodes.of(mounted, drag), [flowNodes, mounted, drag, revision]);
  const nodes = useMemo(() => (ghosts.length ? [...own, ...ghosts] : own), [own, ghosts]);
  const edges = useMemo(() => flowEdges.of(mounted), [flowEdges, mounted, revision]);
  const { canvas, colours, ready } = usePainter(mounted, edges, drag);
  const dragging = useDragging(setDrag);
  const connections = useConnections(connecting, flow);
  useClipboard(root, onCanvas);
  useEffect(() => {
    editor.view.camera = cameraFor(editor, flow, () => root.current);
    return () => {
      editor.view.camera = null;
    };
  }, [editor, flow]);

  const point = (event: { clientX: number; clientY: number }) => {
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    return [x, y] as const;
  };
  const stepAt = (event: { clientX: number; clientY: number }) => thingAt(editor.store, point(event));
  const placing = useObservable(editor.comments.placing);
  const choose = (id: string, event: { shiftKey: boolean; ctrlKey: boolean; metaKey: boolean }) => {
    if (event.shiftKey || event.ctrlKey || event.metaKey) editor.selection.toggle(id);
    else editor.selection.set([id]);
    editor.selection.setFocus(id);
    if (editor.store.nodes.has(id)) editor.panels.inspector.set(true);
    // The settings take their room at the right: what was chosen stays in sight.
    if (editor.selection.single === id) editor.view.camera?.reveal([id]);
    if (editor.panels.renaming.value !== id) root.current?.focus({ preventScroll: true });
  };
  const focus = useFocusedId();
  const attached = useObservable(editor.attached);
  return (
    <div
      ref={root}
      className="canvas-root"
      data-placing={placing || undefined}
      role="application"
      aria-label="Workflow canvas"
      aria-describedby="canvas-help"
      aria-activedescendant={focus !== null && mounted.has(focus) ? `step-${focus}` : undefined}
      tabIndex={0}
      data-canvas-ready={ready || undefined}
      data-testid={ready ? "canvas-ready" : "canvas"}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget) return;
        const name = nameOf(event);
        const binding = KEYS.find((each) => each.keys === name);
        if (!binding || (binding.letter && !letterKeys.value)) return;
        event.preventDefault();
        event.stopPropagation();
        if (!binding.edits || !editor.readOnly) binding.run(editor, event);
      }}
      onPointerDownCapture={(event) => {
        const pane = event.target instanceof Element && event.target.matches(".react-flow__pane");
        if (!pane || event.button !== 0) return;
        root.current?.focus({ preventScroll: true });
        if (event.shiftKey && root.current) startMarquee(editor, event.nativeEvent, root.current, setFrame);
      }}
      onMouseDownCapture={(event) => {
        // Shift and drag draws a frame: the canvas must not move meanwhile.
        const pane = event.target instanceof Element && event.target.matches(".react-flow__pane");
        if (pane && event.shiftKey) event.stopPropagation();
      }}
      onClickCapture={(event) => {
        if (!placing || !(event.target instanceof Element) || !event.target.closest(".react-flow")) return;
        // While a place is chosen a press means that place, and nothing else.
        event.stopPropagation();
        const card = event.target.closest(".react-flow__node")?.getAttribute("data-id");
        const id = card ?? stepAt(event);
        if (id && editor.store.nodes.has(id)) editor.comments.beginOn(id);
        else editor.comments.beginAt(point(event));
      }}
      onMouseMove={(event) => mounting.far.value && mounting.hover(stepAt(event))}
      onDragOver={connections.onDragOver}
      onDrop={connections.onDrop}
      onContextMenu={(event) => {
        event.preventDefault();
        const element = event.target instanceof Element ? event.target : null;
        const edge = element?.closest(".react-flow__edge")?.getAttribute("data-id");
        const node = element?.closest(".react-flow__node")?.getAttribute("data-id") ?? stepAt(event);
        if (node && !editor.selection.has(node)) editor.selection.set([node]);
        if (edge) editor.selection.selectEdge(edge);
        const what = node ? { node } : edge ? { edge } : {};
        editor.panels.menu.set({ screen: [event.clientX, event.clientY], at: point(event), ...what });
      }}
    >
      <p id="canvas-help" className="visually-hidden">
        Arrow keys go along the connections, Enter opens a step's settings, A adds a step, C connects, Shift C comments, M
        moves a step into a loop or out of it, question mark shows all keys. The outline lists every step in words.
      </p>
      <canvas ref={canvas} className="painted" aria-hidden="true" />
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODES}
        edgeTypes={EDGES}
        defaultViewport={viewport}
        minZoom={MIN_ZOOM}
        maxZoom={MAX_ZOOM}
        disableKeyboardA11y
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        nodesDraggable={!editor.readOnly && !placing}
        nodesConnectable={!editor.readOnly && !placing}
        nodeDragThreshold={0}
        deleteKeyCode={null}
        selectionKeyCode={null}
        multiSelectionKeyCode={null}
        zoomActivationKeyCode={["Control", "Meta"]}
        panOnScroll
        zoomOnDoubleClick={false}
        connectionRadius={28}
        proOptions={{ hideAttribution: true }}
        // The first turn of a wheel is told as a start alone, with where the window is after it.
        onMoveStart={(event, next) => editor.view.moved(next, event !== null)}
        onMove={(event, next) => editor.view.moved(next, event !== null)}
        onMoveEnd={() => rememberViewport(editor)}
        onNodeClick={(event, node) => choose(node.id, event)}
        onNodeDoubleClick={(_, node) => {
          if (editor.store.nodes.has(node.id)) editor.panels.openInspector();
        }}
        onEdgeClick={(_, edge) => {
          editor.selection.selectEdge(edge.id);
          root.current?.focus({ preventScroll: true });
        }}
        onPaneClick={(event) => {
          const id = stepAt(event);
          if (id) choose(id, event);
          else if (!event.shiftKey) {
            editor.selection.set([]);
            editor.selection.selectEdge(null);
          }
        }}
        {...dragging}
        {...connections.props}
      />
      {frame && (
        <div
          className="marquee"
          style={{ left: frame.x, top: frame.y, width: frame.width, height: frame.height }}
        />
      )}
      {attached && (
        <Suspense fallback={null}>
          <Peers root={root} drag={drag} />
          <CommentPins drag={drag} />
          {placing && <Placing />}
        </Suspense>
      )}
      <EmptyCanvas />
      <Controls onArrange={() => void actions.arrange(editor, layoutOnCanvas)} />
      <Minimap
        colours={colours}
        goTo={(x, y) => {
          const { zoom } = editor.view.viewport.value;
          const { width, height } = editor.view.size.value;
          void flow.setViewport({ x: width / 2 - x * zoom, y: height / 2 - y * zoom, zoom });
        }}
      />
    </div>
  );
}

/** Start with the first dozen in the first frame; the rest follow, a dozen each. */
function useMounting(): Mounting {
  const editor = useEditor();
  const [mounting] = useState(() => {
    const made = new Mounting(editor);
    made.update();
    return made;
  });
  useEffect(() => mounting.start(), [mounting]);
  return mounting;
}
