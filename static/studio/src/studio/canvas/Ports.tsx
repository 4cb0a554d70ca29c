import { Handle, Position } from "@xyflow/react";
import type { Port, Step } from "../model/boot";
import { lostPorts } from "../model/graph";
import { useEditor, useTopic } from "../model/hooks";
import { inputsOf, outputsOf, portTop } from "../model/ports";
import { usePortState } from "./connecting";
import { PortShape } from "./PortShape";

/** All ports of a step, at its left and right border. */
export function Ports({ step }: { step: Step }) {
  const type = useEditor().types.get(step.type);
  return (
    <>
      {inputsOf(type).map((port, index) => (
        <PortHandle key={port.name} node={step.id} port={port} side="target" index={index} />
      ))}
      {outputsOf(type, step).map((port, index) => (
        <PortHandle key={port.name} node={step.id} port={port} side="source" index={index} />
      ))}
      <LostPorts id={step.id} side="target" />
      <LostPorts id={step.id} side="source" />
    </>
  );
}

/** What the outputs are called, where there are several. */
export function PortLabels({ ports }: { ports: readonly Port[] }) {
  if (ports.length < 2) return null;
  return (
    <ul className="port-labels" aria-hidden="true">
      {ports.map((port, index) => (
        <li key={port.name} className="truncate" style={{ top: portTop(index) - 10 }}>
          {port.label}
        </li>
      ))}
    </ul>
  );
}

function PortHandle({
  node,
  port,
  side,
  index,
}: {
  node: string;
  port: Port;
  side: "source" | "target";
  index: number;
}) {
  const state = usePortState(node, port.name, side);
  return (
    <Handle
      id={port.name}
      type={side}
      position={side === "source" ? Position.Right : Position.Left}
      className="port"
      style={{ top: portTop(index) }}
      title={port.label}
      data-state={state}
      data-testid={`port-${side}-${port.name}`}
    >
      <PortShape kind={port.kind} />
    </Handle>
  );
}

/** Invisible ends for edges whose port is lost; nothing can be connected with them. */
function LostPorts({ id, side }: { id: string; side: "source" | "target" }) {
  const { store } = useEditor();
  const names = useTopic(store, `edges:${id}`, () => lostPorts(store, id, side).join("\n"));
  if (!names) return null;
  return names.split("\n").map((name) => (
    <Handle
      key={name}
      id={name}
      type={side}
      position={side === "source" ? Position.Right : Position.Left}
      className="port port-lost"
      style={{ top: portTop(0) }}
      isConnectable={false}
    />
  ));
}
