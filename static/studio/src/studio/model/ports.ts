// Ports of a step, from the catalogue and from its config; and how large the step is with them.

import type { NodeType, NodeTypes, Port, PortKind, Step } from "./boot";
import { isObject } from "./json";

export const ERROR_PORT: Port = { name: "error", label: "Error", kind: "any" };
/** Leads to the step that takes this one back when the run ends badly. */
export const UNDO_PORT: Port = { name: "undo", label: "Undo", kind: "undo" };

export const WIDTH = 236;
const HEADER = 40;
const FOOTER = 28;
const FIRST_PORT = 58;
const ROW = 24;

const ANY_INPUT: readonly Port[] = [{ name: "in", label: "Input", kind: "any" }];

/** Return a step's inputs; a type nobody knows has one, so that its edges stay visible. */
export function inputsOf(type: NodeType | undefined): readonly Port[] {
  return type?.ports.inputs ?? ANY_INPUT;
}

/** Steps never change, they are replaced: what was found for one holds for good. */
const known = new WeakMap<Step, { type: NodeType | undefined; ports: readonly Port[] }>();

/** Return a step's outputs, those that come from its config included. */
export function outputsOf(type: NodeType | undefined, step: Step): readonly Port[] {
  const found = known.get(step);
  if (found && found.type === type) return found.ports;
  const ports = allOutputs(type, step);
  known.set(step, { type, ports });
  return ports;
}

function allOutputs(type: NodeType | undefined, step: Step): readonly Port[] {
  const fixed = type ? listed(type, step) : [{ name: "out", label: "Output", kind: "any" as const }];
  if (step.on_error !== "branch" && !step.undo) return fixed;
  return [...fixed, ...(step.on_error === "branch" ? [ERROR_PORT] : []), ...(step.undo ? [UNDO_PORT] : [])];
}

function listed(type: NodeType, step: Step): readonly Port[] {
  const ports = type.ports.outputs;
  if (Array.isArray(ports)) return ports;
  const list = ports.each.replace(/^\//, "");
  // A step that was never opened has no list yet; the type's default is what the server would take.
  const entries = step.config[list] ?? type.config_schema.properties?.[list]?.default;
  const key = ports.name.replace(/^\//, "");
  const label = ports.label.replace(/^\//, "");
  const found = (Array.isArray(entries) ? entries : []).filter(isObject).flatMap((entry) => {
    const name = typeof entry[key] === "string" ? entry[key] : "";
    const shown = typeof entry[label] === "string" && entry[label] ? entry[label] : name;
    return name ? [{ name, label: shown, kind: ports.kind }] : [];
  });
  const always = ports.always.map((name) => ({ name, label: capital(name), kind: "any" as const }));
  return [...found, ...always];
}

function capital(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}

/** Tell whether what leaves one port may enter the other. */
export function fits(from: PortKind, to: PortKind): boolean {
  if (from === to || from === "any" || to === "any" || from === "undo") return true;
  return to === "json" && (from === "text" || from === "list");
}

/** Return a step's height: it follows from its ports, never from what is written in it. */
export function heightOf(types: NodeTypes, step: Step): number {
  const type = types.get(step.type);
  const rows = Math.max(1, inputsOf(type).length, outputsOf(type, step).length);
  return HEADER + Math.max(30, 6 + ROW * rows) + FOOTER;
}

/** Return where a port's centre lies below the step's upper edge. */
export function portTop(index: number): number {
  return FIRST_PORT + ROW * index;
}
