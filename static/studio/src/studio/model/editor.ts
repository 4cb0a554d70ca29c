// The open workflow with everything that its parts share. One is made when the page opens and handed
// to every component through `useEditor()`.

import type * as Y from "yjs";
import { Acts, type Act } from "./acts";
import { Announcer } from "./announcer";
import type { Boot, Definition, NodeType, Pin, Problem, Step } from "./boot";
import { Comments } from "./comments";
import type { Compared } from "./diff";
import { newId } from "./ids";
import type { JsonObject } from "./json";
import { Mentions } from "./mentions";
import { Observable } from "./observable";
import { RunOverlay } from "./overlay";
import { Overwritten } from "./overwritten";
import type { Replay } from "./replay";
import { Panels } from "./panels";
import { Presence } from "./presence";
import { ShownRun } from "./runs";
import type { SaveState } from "./saving";
import { Selection } from "./selection";
import { Store } from "./store";
import type { Usual } from "./usual";
import { View } from "./view";
import type { StudioDoc } from "./ydoc";

type Change = (doc: StudioDoc) => void;

const MOST_MESSAGES = 50;

export interface Toast {
  text: string;
  kind: "info" | "bad";
  /** What else may be done about it, for as long as it is shown. */
  action?: { label: string; run: () => void };
}

export class Editor {
  readonly types: ReadonlyMap<string, NodeType>;
  readonly store: Store;
  readonly overlay = new RunOverlay();
  /** The run on the canvas with its data; the overlay is what the canvas draws of it. */
  readonly shown = new ShownRun(this.overlay);
  /** The shown run while it is told once more. */
  readonly replay = new Observable<Replay | null>(null);
  /** How the draft was, which the canvas shows in its place; null while it shows the draft. */
  readonly past = new Observable<Definition | null>(null);
  /** How the draft was beside how it is. */
  readonly compared = new Observable<Compared | null>(null);
  readonly selection = new Selection();
  readonly panels = new Panels();
  /** What is said of the workflow. */
  readonly comments = new Comments();
  readonly view = new View();
  /** The steps that the runbook shows. */
  readonly mentions = new Mentions();
  readonly announcer = new Announcer();
  /** Who else is here, and what others see of this person. */
  readonly presence: Presence;
  /** What others set after this person did. */
  readonly overwritten: Overwritten;
  readonly problems: Observable<readonly Problem[]>;
  readonly saving = new Observable<SaveState>({ kind: "opening" });
  /** What a toast says; null when there is none. */
  readonly toast = new Observable<Toast | null>(null);
  /** What toasts have said, the newest first. */
  readonly messages = new Observable<readonly (Pick<Toast, "text" | "kind"> & { at: number })[]>([]);
  readonly undoState = new Observable({ undo: false, redo: false });
  /** The number of the published version, and whether the draft differs from it. */
  readonly version: Observable<Boot["workflow"]["version"]>;
  /** Counts how often its review went on; who shows that asks again. */
  readonly reviewed = new Observable(0);
  /** By step; null where only its being pinned is known. */
  readonly pins: Observable<ReadonlyMap<string, Pin | null>>;
  /** What runs of the workflow usually take; null until that was asked for. */
  readonly usual = new Observable<Usual | null>(null);
  doc: StudioDoc | null = null;
  /** Whether the document is there. */
  readonly attached = new Observable(false);
  /** Bring draft and server to the same state; null until the document is there. */
  sync: (() => Promise<void>) | null = null;
  /** Where the draft meets the server: for what was edited and cannot be saved. */
  room: { pause(): void; retry(): void; discard(): Promise<void> } | null = null;
  #undo: Y.UndoManager | null = null;
  readonly #acts = new Acts();
  #unbind: (() => void) | null = null;
  /** What was edited before the document came, in order; it is made again on that. */
  #waiting: Change[] = [];
  /** The snapshot as a document, on which it is shown meanwhile. */
  #sketch: StudioDoc | null = null;
  /** Make a document of the snapshot; null until what that takes is there. */
  sketching: (() => StudioDoc) | null = null;

  constructor(readonly boot: Boot) {
    this.types = new Map(boot.nodeTypes.map((type) => [type.name, type]));
    this.store = new Store(this.types, boot.workflow);
    this.store.load(boot.snapshot);
    this.problems = new Observable<readonly Problem[]>(boot.problems);
    this.presence = new Presence(boot.collab.user);
    this.overwritten = new Overwritten((client) => this.presence.nameOf(client));
    this.version = new Observable(boot.workflow.version);
    this.pins = new Observable<ReadonlyMap<string, Pin | null>>(new Map(boot.pinned.map((id) => [id, null])));
    if (boot.lastRun) this.overlay.load(boot.lastRun, boot.lastRun.nodes);
    this.store.on("ids", () =>
      this.selection.keep(
        (id) => this.store.nodes.has(id) || this.store.notes.has(id),
        (id) => this.store.edges.has(id),
      ),
    );
  }

  /** The moment that the canvas shows, in milliseconds since the epoch. */
  now(): number {
    return this.replay.value?.now ?? Date.now();
  }

  /** Whether this person cannot edit: by right from the beginning, or since the right was lost. */
  get barred(): boolean {
    return !this.boot.permissions.edit || this.saving.value.kind === "shut";
  }

  /** Whether what is shown cannot be edited. */
  get readOnly(): boolean {
    return this.barred || this.past.value !== null;
  }

  /** Show how the draft was; others go on editing it meanwhile. */
  showPast(definition: Definition): void {
    this.#unbind?.();
    this.#unbind = null;
    this.past.set(definition);
    this.store.load(definition);
  }

  /** Show the draft again. */
  showPresent(): void {
    if (!this.past.value) return;
    this.past.set(null);
    const doc = this.doc ?? this.#sketch;
    if (doc) this.#unbind = this.store.bind(doc);
    else this.store.load(this.boot.snapshot);
  }

  /** Go on with the document: show it, and make what was edited before it came. */
  attach(doc: StudioDoc): StudioDoc {
    this.doc = doc;
    this.overwritten.follow(doc);
    const undo = (this.#undo = doc.undoManager());
    for (const event of ["stack-item-added", "stack-item-popped", "stack-cleared"] as const)
      undo.on(event, () => this.#tellUndo());
    for (const event of ["stack-item-added", "stack-item-updated"] as const)
      undo.on(event, ({ origin }) => origin !== undo && this.#acts.edited());
    // At once, so that a step which was added and selected meanwhile is never missing in between.
    this.store.topics.batch(() => {
      this.#unbind?.();
      this.#unbind = null;
      this.#sketch = this.sketching = null;
      if (!this.past.value) this.#unbind = this.store.bind(doc);
      for (const change of this.#waiting.splice(0)) change(doc);
    });
    this.mentions.follow(doc.runbook);
    this.attached.set(true);
    return doc;
  }

  /** Change the workflow, at once or as soon as the document is there. Viewers change nothing. */
  edit(change: Change): void {
    if (this.readOnly) return;
    if (this.doc) change(this.doc);
    else this.#await(change);
  }

  /** Keep a change for the document, and show what comes of it. */
  #await(change: Change): void {
    this.#waiting.push(change);
    if (this.#sketch) change(this.#sketch);
    else if (this.sketching) {
      const sketch = (this.#sketch = this.sketching());
      this.store.topics.batch(() => {
        this.#unbind = this.store.bind(sketch);
        for (const each of this.#waiting) each(sketch);
      });
    }
  }

  /** Like `edit`, as a step of undo of its own. */
  gesture(change: Change): void {
    const apart = () => this.#undo?.stopCapturing();
    for (const each of [apart, change, apart]) this.edit(each);
  }

  /** Undo also what is written by this origin: a text's editor has one of its own. */
  trackEditsOf(origin: unknown): void {
    this.#undo?.addTrackedOrigin(origin);
  }

  undo(): void {
    if (this.readOnly) return;
    const act = this.#acts.toUndo(this.#depth);
    if (act) {
      act.undo();
      this.#tellUndo();
    } else if (this.#undo?.canUndo()) {
      this.#undo.undo();
      this.announcer.say("Undone");
    }
  }

  redo(): void {
    if (this.readOnly) return;
    const act = this.#acts.toRedo(this.#depth);
    if (act) {
      act.redo();
      this.#tellUndo();
    } else if (this.#undo?.canRedo()) {
      this.#undo.redo();
      this.announcer.say("Done again");
    }
  }

  /** The server did something for this person: it is undone in its turn. */
  did(act: Act): void {
    this.#undo?.stopCapturing();
    this.#acts.did(act, this.#depth);
    this.#tellUndo();
  }

  /** That was taken back, and can be done again. */
  undid(act: Act): void {
    this.#undo?.stopCapturing();
    this.#acts.drop(act);
    this.#acts.undid(act, this.#depth);
    this.#tellUndo();
  }

  get #depth(): number {
    return this.#undo?.undoStack.length ?? 0;
  }

  #tellUndo(): void {
    const { undo, redo } = this.#acts.some;
    this.undoState.set({
      undo: undo || (this.#undo?.canUndo() ?? false),
      redo: redo || (this.#undo?.canRedo() ?? false),
    });
  }

  /** Return a new step of a type, not yet in the document. */
  newStep(type: string, position: readonly [number, number]): Step {
    const taken = (id: string) => this.store.nodes.has(id) || this.store.notes.has(id);
    const version = this.types.get(type)?.version ?? 1;
    // The first start is called `start`, as the samples and the documentation have it.
    const id = type === "core.start" && !taken("start") ? "start" : newId(type, taken);
    return { id, type, type_version: version, title: "", notes: "", config: neededValues(this.types.get(type)), position };
  }

  say(text: string, kind: "info" | "bad" = "info"): void {
    this.#show({ text, kind });
    if (kind === "bad") this.announcer.error(text);
    else this.announcer.say(text);
  }

  /** Say something that one may want to go on from. */
  offer(text: string, label: string, run: () => void): void {
    this.#show({ text, kind: "info", action: { label, run } });
    this.announcer.say(`${text} ${label} is offered in the message below.`);
  }

  #show(toast: Toast): void {
    const { text, kind } = toast;
    this.toast.set(toast);
    const at = Math.max(Date.now(), (this.messages.value[0]?.at ?? 0) + 1);
    this.messages.set([{ text, kind, at }, ...this.messages.value].slice(0, MOST_MESSAGES));
  }

  /** Select a step, bring it into view and open its settings. */
  goTo(id: string): void {
    this.selection.set([id]);
    this.selection.setFocus(id);
    this.panels.inspector.set(true);
    this.view.camera?.reveal([id], { centre: true });
  }
}

/** Return what a step cannot be without, such as an approval's actions or a limit, from its example. */
function neededValues(type: NodeType | undefined): JsonObject {
  const properties = Object.entries(type?.config_schema.properties ?? {});
  const required = type?.config_schema.required ?? [];
  const needed = properties.filter(([name, schema]) => {
    const example = type?.example[name];
    return schema.minItems ? example : required.includes(name) && typeof example === "number";
  });
  return Object.fromEntries(needed.map(([name]) => [name, type?.example[name] ?? null]));
}
