import { describe, expect, test } from "vitest";

import type { Frame } from "./socket";
import { Stage } from "./stage";

function event(type: string, node: string, seq: number, frame = ""): Frame {
  return { type: "event", run: "r", event: { seq, type, at: "2026-01-01T00:00:00Z", node, frame, data: {} } };
}

function staged() {
  const shown: string[] = [];
  const paints: (() => void)[] = [];
  const stage = new Stage(
    (frame) => shown.push(frame.type === "event" ? `${frame.event.type} ${frame.event.node}` : frame.type),
    (go) => paints.push(go),
  );
  return { stage, shown, paint: () => paints.splice(0).forEach((go) => go()) };
}

describe("the stage", () => {
  test("shows a step running for a paint before it ends, in order", () => {
    const { stage, shown, paint } = staged();
    stage.push(event("node.started", "a", 1));
    stage.push(event("node.succeeded", "a", 2));
    stage.push(event("node.started", "b", 3));
    expect(shown).toEqual(["node.started a"]);
    paint();
    expect(shown).toEqual(["node.started a", "node.succeeded a", "node.started b"]);
  });

  test("lets through at once what people have seen begin", () => {
    const { stage, shown, paint } = staged();
    stage.push(event("node.started", "a", 1));
    paint();
    stage.push(event("node.succeeded", "a", 2));
    expect(shown).toEqual(["node.started a", "node.succeeded a"]);
  });

  test("knows a step in one round from the same step in another", () => {
    const { stage, shown, paint } = staged();
    stage.push(event("node.started", "each", 1));
    stage.push(event("node.started", "a", 2, "each.0"));
    stage.push(event("node.succeeded", "a", 3, "each.1"));
    stage.push(event("node.succeeded", "a", 4, "each.0"));
    paint();
    expect(shown).toEqual(["node.started each", "node.started a", "node.succeeded a"]);
  });

  test("catches up when too much waits", () => {
    const { stage, shown } = staged();
    for (let seq = 1; seq < 200; seq += 2) {
      stage.push(event("node.started", `n${seq}`, seq));
      stage.push(event("node.succeeded", `n${seq}`, seq + 1));
    }
    expect(shown.length).toBeGreaterThan(100);
  });

  test("forgets on clear", () => {
    const { stage, shown, paint } = staged();
    stage.push(event("node.started", "a", 1));
    stage.push(event("node.succeeded", "a", 2));
    stage.clear();
    paint();
    expect(shown).toEqual(["node.started a"]);
  });
});
