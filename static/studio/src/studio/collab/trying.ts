// Trying a part of the draft: what is pinned, or known from the shown run, stands in for the rest.

import { ApiError, get } from "../../lib/api";
import type { NodeRun, Pin } from "../model/boot";
import type { Editor } from "../model/editor";
import type { Json, JsonObject } from "../model/json";
import { after, neededBy, wholeStepOf, type Mode } from "../model/runParts";
import { followerOf, reason } from "./follower";
import type { RunPart } from "./runApi";
import { TryingApi } from "./tryingApi";

/** Fetch what is pinned: the page brought only the names, and others pin as well. */
export async function loadPins(editor: Editor): Promise<readonly Pin[]> {
  const pins = await api(editor).pins();
  editor.pins.set(new Map(pins.map((pin) => [pin.node, pin])));
  return pins;
}

export async function pinOutput(editor: Editor, node: string, output: Json, port: string): Promise<boolean> {
  return tried(editor, async () => {
    await editor.sync?.(); // the server knows only steps that it has
    const pin = await api(editor).pin(node, output, port);
    editor.pins.set(new Map(editor.pins.value).set(node, pin));
    editor.say(`Pinned the output of ${editor.store.titleOf(node)}`);
  });
}

export async function unpin(editor: Editor, node: string): Promise<boolean> {
  return tried(editor, async () => {
    await api(editor).unpin(node);
    const left = new Map(editor.pins.value);
    left.delete(node);
    editor.pins.set(left);
    editor.say(`${editor.store.titleOf(node)} runs again`);
  });
}

/** Pin what a step gave in the shown run. */
export async function pinShown(editor: Editor, node: string): Promise<boolean> {
  const own = editor.shown.step(node);
  if (!own) return false;
  const output = await wholeOutput(own).catch(() => own.output);
  return pinOutput(editor, node, output, own.port ?? "");
}

/** Return the pins of the steps that are there, as a run takes them: as they are now on the server. */
export async function pinsForRun(editor: Editor, but: ReadonlySet<string> = new Set()): Promise<RunPart> {
  const pins: JsonObject = {};
  const exits: Record<string, string> = {};
  for (const { node, output, port } of await loadPins(editor)) {
    if (but.has(node) || !editor.store.nodes.has(node) || editor.store.holderOf(node)) continue;
    pins[node] = output;
    if (port) exits[node] = port;
  }
  return { pins, exits };
}

/**
 * Run a part of the draft. A step alone takes what the shown run knows of the steps that it needs;
 * from a step on, everything that does not come after it is taken from there. Up to a step asks for
 * the inputs first.
 */
export async function runPart(editor: Editor, mode: Mode, id: string): Promise<void> {
  const node = wholeStepOf(editor.store, id);
  editor.panels.willRun.set(new Set()); // it runs now
  if (mode === "until") {
    editor.panels.runUntil.set(node);
    editor.panels.dialog.set("run");
  } else if (mode === "only") await tried(editor, () => runOnly(editor, node));
  else if (editor.readOnly || leavesFailures(editor, node)) await followerOf(editor).retry(node);
  else await tried(editor, () => runFrom(editor, node));
}

async function runOnly(editor: Editor, node: string): Promise<void> {
  const needed = new Set(neededBy(editor.store, node));
  const known = await taken(editor, (id) => needed.has(id));
  const inputs = editor.shown.details.value?.inputs;
  await followerOf(editor).start(isInputs(inputs) ? inputs : {}, { only: node, ...known });
}

async function runFrom(editor: Editor, node: string): Promise<void> {
  const anew = after(editor.store, node);
  const known = await taken(editor, (id) => !anew.has(id));
  const inputs = editor.shown.details.value?.inputs;
  await followerOf(editor).start(isInputs(inputs) ? inputs : {}, known);
}

/** Return what the shown run gave in the steps that are wanted, and above that what is pinned. */
async function taken(editor: Editor, wanted: (id: string) => boolean): Promise<RunPart> {
  const { store, overlay, shown } = editor;
  const pinned = await pinsForRun(editor, new Set([...store.nodes.keys()].filter((id) => !wanted(id))));
  const pins: JsonObject = {};
  const exits: Record<string, string> = {};
  for (const id of store.nodes.keys()) {
    const run = shown.step(id);
    const done = overlay.get(id)?.status === "succeeded" && run !== undefined;
    if (!done || !wanted(id) || store.holderOf(id)) continue;
    pins[id] = await wholeOutput(run);
    if (run.port) exits[id] = run.port;
  }
  return { pins: { ...pins, ...pinned.pins }, exits: { ...exits, ...pinned.exits } };
}

/** A failure that the run went on after cannot be pinned: then the run itself is repeated. */
function leavesFailures({ store, overlay }: Editor, node: string): boolean {
  const anew = after(store, node);
  return [...overlay.entries()].some(([id, { status }]) => status === "failed" && store.nodes.has(id) && !anew.has(id) && !store.holderOf(id));
}

async function wholeOutput(run: NodeRun): Promise<Json> {
  return run.output_url ? get<Json>(run.output_url) : run.output;
}

function isInputs(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function tried(editor: Editor, action: () => Promise<void>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    const [first] = error instanceof ApiError ? error.errors : [];
    editor.say(first?.message ?? reason(error), "bad");
    return false;
  }
}

function api(editor: Editor): TryingApi {
  return new TryingApi(editor.boot.urls);
}
