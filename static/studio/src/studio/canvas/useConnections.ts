import type { Connection, FinalConnectionState, ReactFlowInstance, ReactFlowProps } from "@xyflow/react";
import { useMemo, type DragEvent } from "react";
import * as actions from "../model/actions";
import type { Editor } from "../model/editor";
import { whyNot } from "../model/graph";
import { useEditor } from "../model/hooks";
import type { Observable } from "../model/observable";
import * as ops from "../model/ops";
import { STEP_TYPE, type PortRef } from "../model/panels";
import { inputsOf, outputsOf } from "../model/ports";
import { edgeAt } from "./geometry";

type Props = Pick<
  ReactFlowProps,
  "onConnectStart" | "onConnectEnd" | "onConnect" | "isValidConnection" | "onReconnectStart" | "onReconnect" | "onReconnectEnd"
>;

/** Drawing connections, dropping them on the canvas, and dropping steps of the palette. */
export function useConnections(connecting: Observable<PortRef | null>, flow: ReactFlowInstance) {
  const editor = useEditor();
  return useMemo(() => {
    let reconnected = false;
    let taken: string | null = null; // the edge whose end is being moved
    const at = (event: { clientX: number; clientY: number }) => {
      const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
      return [Math.round(x), Math.round(y)] as const;
    };
    const props: Props = {
      isValidConnection: (connection) => !whyNot(editor.store, endsOfConnection(connection), taken),
      onConnectStart(_event, { nodeId, handleId, handleType }) {
        if (nodeId && handleId && handleType)
          connecting.set(portRef(editor, nodeId, handleId, handleType));
      },
      onConnect(connection) {
        const ends = endsOfConnection(connection);
        const from = { node: ends.source, port: ends.source_port, side: "source", kind: "any" } as const;
        actions.connect(editor, from, ends.target, ends.target_port);
      },
      onConnectEnd(event, state) {
        const from = connecting.value;
        connecting.set(null);
        if (!from || state.isValid) return;
        const place = "changedTouches" in event ? event.changedTouches[0] : event;
        if (!place) return;
        if (state.toNode) return refuse(editor, from, state);
        const screen = [place.clientX, place.clientY] as const;
        editor.panels.picker.set({ screen, at: at(place), from });
      },
      onReconnectStart(_event, edge) {
        taken = edge.id;
      },
      onReconnect(edge, connection) {
        reconnected = true;
        const ends = endsOfConnection(connection);
        if (whyNot(editor.store, ends, edge.id)) return;
        editor.gesture((doc) =>
          doc.change(() => {
            ops.disconnect(doc, [edge.id]);
            ops.connect(doc, ends);
          }),
        );
      },
      onReconnectEnd(_event, edge) {
        connecting.set(null);
        taken = null;
        if (!reconnected) editor.gesture((doc) => ops.disconnect(doc, [edge.id]));
        reconnected = false;
      },
    };
    return {
      props,
      onDragOver(event: DragEvent) {
        if (!event.dataTransfer.types.includes(STEP_TYPE)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      },
      onDrop(event: DragEvent) {
        const type = event.dataTransfer.getData(STEP_TYPE);
        if (!type || !editor.types.has(type)) return;
        event.preventDefault();
        const place = at(event);
        const edge = edgeAt(editor.store, place, 24);
        actions.addStep(editor, type, edge ? { edge } : { at: place });
        editor.view.focus();
      },
    };
  }, [editor, connecting, flow]);
}

function portRef(editor: Editor, node: string, port: string, side: PortRef["side"]): PortRef | null {
  const step = editor.store.nodes.get(node);
  if (!step) return null;
  const type = editor.types.get(step.type);
  const ports = side === "source" ? outputsOf(type, step) : inputsOf(type);
  const kind = ports.find((each) => each.name === port)?.kind ?? "any";
  return { node, port, side, kind };
}

function refuse(editor: Editor, from: PortRef, state: FinalConnectionState): void {
  const other = state.toHandle;
  if (!other?.id || other.nodeId === from.node) return;
  actions.connect(editor, from, other.nodeId, other.id);
}

function endsOfConnection(connection: Connection | Parameters<NonNullable<ReactFlowProps["isValidConnection"]>>[0]) {
  return {
    source: connection.source,
    source_port: connection.sourceHandle ?? "out",
    target: connection.target,
    target_port: connection.targetHandle ?? "in",
  };
}
