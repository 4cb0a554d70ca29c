import type { PortKind } from "../model/boot";

/** Shapes by kind: circle any and text, square JSON, diamond list, triangle control, hexagon file, triangle back undo. */
const SHAPES: Record<PortKind, string> = {
  any: "M5.5 .75a4.75 4.75 0 1 1 0 9.5a4.75 4.75 0 0 1 0 -9.5z",
  text: "M5.5 .75a4.75 4.75 0 1 1 0 9.5a4.75 4.75 0 0 1 0 -9.5z",
  json: "M2 .75h7q1.25 0 1.25 1.25v7q0 1.25 -1.25 1.25h-7q-1.25 0 -1.25 -1.25v-7q0 -1.25 1.25 -1.25z",
  list: "M5.5 .6L10.4 5.5L5.5 10.4L.6 5.5z",
  control: "M1.5 .9L10.2 5.5L1.5 10.1z",
  undo: "M9.5 .9L.8 5.5L9.5 10.1z",
  file: "M3.1 1.1h4.8L10.3 5.5L7.9 9.9H3.1L.7 5.5z",
};

export function PortShape({ kind }: { kind: PortKind }) {
  return (
    <svg className="port-shape" viewBox="0 0 11 11" width="11" height="11" aria-hidden="true">
      <path d={SHAPES[kind]} />
    </svg>
  );
}
