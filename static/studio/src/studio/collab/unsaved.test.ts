// What is owed to the server: clocks by state vectors, deletions by whole answers.

import * as Y from "yjs";
import { beforeEach, describe, expect, test } from "vitest";
import { Unsaved } from "./unsaved";

let doc: Y.Doc;
let server: Y.Doc;
let unsaved: Unsaved;
let updates: Uint8Array[];

beforeEach(() => {
  [doc, server, unsaved, updates] = [new Y.Doc(), new Y.Doc(), new Unsaved(), []];
  doc.on("update", (update: Uint8Array) => {
    unsaved.owe(update);
    updates.push(update);
  });
});

const arrive = () => updates.splice(0).forEach((update) => Y.applyUpdate(server, update));
const state = () => Y.encodeStateVector(server);
const answer = () => Y.encodeStateAsUpdate(server, Y.encodeStateVector(doc));

test("an edit is owed until the server's state covers it", () => {
  doc.getMap("m").set("a", 1);
  unsaved.reached(state());
  expect([unsaved.any, unsaved.needsAnswer]).toEqual([true, false]);
  arrive();
  unsaved.reached(state());
  expect(unsaved.any).toBe(false);
});

test("an older state covers nothing newer", () => {
  doc.getMap("m").set("a", 1);
  arrive();
  const old = state();
  doc.getMap("m").set("a", 2);
  unsaved.reached(old);
  expect(unsaved.any).toBe(true);
});

describe("a deletion", () => {
  beforeEach(() => {
    doc.getText("t").insert(0, "Hello there");
    arrive();
    unsaved.reached(state());
    doc.getText("t").delete(2, 3);
  });

  test("is owed although no state vector tells of it", () => {
    unsaved.reached(Y.encodeStateVector(doc));
    expect([unsaved.any, unsaved.needsAnswer]).toEqual([true, true]);
  });

  test("is stored when the answer holds it, also as a part of a longer one", () => {
    unsaved.answered(answer());
    expect(unsaved.any).toBe(true);
    doc.getText("t").delete(2, 1);
    arrive();
    unsaved.answered(answer());
    expect(unsaved.any).toBe(false);
  });
});

test("what was kept from an earlier window is owed as far as the server lacks it", () => {
  const earlier = new Y.Doc();
  earlier.getText("t").insert(0, "kept words");
  Y.applyUpdate(server, Y.encodeStateAsUpdate(earlier));
  earlier.getText("t").delete(0, 5);
  earlier.getMap("m").set("b", true);
  const found = new Unsaved();
  found.oweBeyond(earlier, state());
  expect([found.any, found.needsAnswer]).toEqual([true, true]);
  Y.applyUpdate(server, Y.encodeStateAsUpdate(earlier));
  found.reached(state());
  found.answered(Y.encodeStateAsUpdate(server, Y.encodeStateVector(earlier)));
  expect(found.any).toBe(false);
});

test("what arrived as a whole is settled, but not what came meanwhile", () => {
  doc.getText("t").insert(0, "Hello");
  doc.getText("t").delete(0, 1);
  const owed = unsaved.owed();
  unsaved.settle(owed);
  expect(unsaved.any).toBe(false);
  doc.getText("t").insert(0, "J");
  const before = unsaved.owed();
  doc.getText("t").insert(0, "K");
  doc.getText("t").delete(3, 1);
  unsaved.settle(before);
  expect([unsaved.any, unsaved.needsAnswer]).toEqual([true, true]);
});
