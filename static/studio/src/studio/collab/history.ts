// The history of the open draft: its points, the one that the canvas shows, naming and going back.

import { ApiError } from "../../lib/api";
import type { Definition, Person } from "../model/boot";
import type { Act } from "../model/acts";
import { Compared, restoreStep } from "../model/diff";
import type { Editor } from "../model/editor";
import { EVERYTHING, titleOf, type HistoryFilter, type Point } from "../model/history";
import { same } from "../model/json";
import { Observable } from "../model/observable";
import { reason } from "./follower";
import { HistoryApi } from "./historyApi";

const PAUSE = 800; // so long nobody edits before the draft is compared anew
const SCRUBBING = 150; // so long the slider rests before its point is fetched
const MOST_KEPT = 40; // definitions of points

/** How the canvas shows a point: as the draft was then, or as marks over the draft as it is. */
export type Way = "past" | "over";

interface Restored extends Act {
  title: string;
  before: Definition;
  /** Null where somebody edited at the same time. */
  after: Definition | null;
  /** Of the draft as the restore made it. */
  tag: string;
}

export class History {
  readonly api: HistoryApi;
  /** The newest first; null until they are here. */
  readonly points = new Observable<readonly Point[] | null>(null);
  /** Where older ones are; null where there are none. */
  readonly older = new Observable<string | null>(null);
  readonly authors = new Observable<readonly Person[]>([]);
  readonly filter = new Observable<HistoryFilter>(EVERYTHING);
  readonly state = new Observable<"loading" | "ready" | "forbidden" | "failed">("loading");
  readonly problem = new Observable("");
  readonly shown = new Observable<{ point: Point; way: Way } | null>(null);
  /** Whether steps that only stand elsewhere are shown as changed too. */
  readonly layout = new Observable(false);
  /** The point about which somebody is asked whether to go back to it. */
  readonly asked = new Observable<Point | null>(null);
  /** What was gone back to, and how to take that back as long as nobody edited anything after it. */
  readonly restored = new Observable<Restored | null>(null);
  #kept = new Map<string, Definition>();
  #turn = 0;
  #reading = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(readonly editor: Editor) {
    this.api = new HistoryApi(editor.boot.urls);
    // What is run or published is the draft, so that is shown then.
    editor.panels.dialog.on(() => ["run", "publish"].includes(editor.panels.dialog.value ?? "") && this.leave());
  }

  /** Read the newest points that the filter keeps. */
  async load(): Promise<void> {
    const reading = (this.#reading += 1);
    try {
      const [page, authors] = await Promise.all([this.api.list(this.filter.value), this.api.authors()]);
      if (reading !== this.#reading) return;
      this.points.set(page.results);
      this.older.set(page.next);
      this.authors.set(authors);
      this.state.set("ready");
    } catch (error) {
      if (reading !== this.#reading) return;
      this.problem.set(reason(error));
      this.state.set(error instanceof ApiError && [403, 404].includes(error.status) ? "forbidden" : "failed");
    }
  }

  async loadOlder(): Promise<void> {
    const url = this.older.value;
    if (!url) return;
    const reading = this.#reading;
    await this.#tried(async () => {
      const page = await this.api.more(url);
      if (reading !== this.#reading || url !== this.older.value) return;
      this.points.set([...(this.points.value ?? []), ...page.results]);
      this.older.set(page.next);
    });
  }

  choose(filter: HistoryFilter): void {
    this.filter.set(filter);
    this.points.set(null);
    this.state.set("loading");
    void this.load();
  }

  /** Show a point on the canvas. */
  async show(point: Point, way: Way = this.shown.value?.way ?? "past"): Promise<void> {
    this.#wait(null);
    const turn = (this.#turn += 1);
    this.shown.set({ point, way });
    try {
      const found = await this.#compared(point, way);
      if (turn === this.#turn) this.#put(found, way);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.leave();
      this.editor.say(reason(error), "bad");
    }
  }

  /** Show what was moved as well, or no longer. */
  async showLayout(shown: boolean): Promise<void> {
    this.layout.set(shown);
    if (this.shown.value) await this.show(this.shown.value.point);
  }

  /** Show a point once the slider rests on it. */
  seek(point: Point): void {
    this.#turn += 1;
    this.shown.set({ point, way: this.shown.value?.way ?? "past" });
    this.#wait(() => void this.show(point), SCRUBBING);
  }

  /** Compare anew what is shown: the draft was edited. */
  edited(): void {
    const { value } = this.shown;
    if (value && !this.#timer) this.#wait(() => void this.#again(value.point, value.way), PAUSE);
  }

  async #again(point: Point, way: Way): Promise<void> {
    const turn = this.#turn;
    const found = await this.#compared(point, way).catch(() => null); // the old marks stay
    if (found && turn === this.#turn) this.editor.compared.set(found);
  }

  /** Show the draft again. */
  leave(): void {
    if (!this.shown.value) return;
    this.#turn += 1;
    this.#wait(null);
    this.shown.set(null);
    this.editor.compared.set(null);
    this.editor.showPresent();
  }

  /** Make the draft what it was, as an edit on top of what is there. */
  async restore(point: Point): Promise<void> {
    this.asked.set(null);
    this.leave();
    const before = this.#now;
    let tag = "";
    const restore = async () => {
      tag = await this.api.restore(point.id);
    };
    if (!(await this.#changed(restore))) return;
    const alone = (await this.api.tag().catch(() => "")) === tag;
    const done: Restored = {
      title: titleOf(point), before, after: alone ? this.#now : null, tag,
      undo: () => void this.#takeBack(done),
      redo: () => void this.restore(point),
    };
    this.restored.set(done);
    this.editor.did(done);
    this.#differs(point.version === null || point.version !== this.editor.version.value.published);
    this.editor.announcer.say(`The draft is as in ${titleOf(point)}`);
  }

  /** Take a restore back. */
  async undo(): Promise<void> {
    if (this.restored.value) await this.#takeBack(this.restored.value);
  }

  async #takeBack(was: Restored): Promise<void> {
    this.restored.set(null);
    // Whoever edited and undid that has another tag for the same draft.
    const tag = async () => (same(this.#now, was.after) ? await this.api.tag() : was.tag);
    if (!(await this.#changed(async () => this.api.putBack(was.before, await tag())))) return;
    this.editor.undid(was);
    this.#differs(true);
    this.editor.say("The draft is what it was before.");
  }

  /** Make one step what it was; it can be undone like any edit. */
  restoreStep(before: Definition, id: string, point: Point): void {
    if (this.shown.value?.way === "past") this.leave();
    restoreStep(this.editor, before, id, titleOf(point));
    this.editor.goTo(id);
  }

  /** Name a point, or the draft as it is now. Raises what the server says against it. */
  async name(point: Point | null, name: string): Promise<void> {
    if (!point && !this.editor.barred) await this.editor.sync?.();
    const named = point ? await this.api.name(point.id, name) : await this.api.namePresent(name);
    this.editor.announcer.say(name ? `Named ${name}` : "The name is taken away");
    this.points.set((this.points.value ?? []).map((each) => (each.id === named.id ? named : each)));
    if (this.shown.value?.point.id === named.id) this.shown.set({ ...this.shown.value, point: named });
    if (!point) await this.load();
  }

  /** Call the listener whenever the draft is edited, by anybody. */
  onEdited(listener: () => void): () => void {
    const { doc } = this.editor;
    doc?.ydoc.on("update", listener);
    return () => doc?.ydoc.off("update", listener);
  }

  get #now(): Definition {
    return this.editor.doc?.definition() ?? this.editor.boot.snapshot;
  }

  async #compared(point: Point, way: Way): Promise<Compared> {
    if (!this.editor.barred) await this.editor.sync?.();
    const [then, diff] = await Promise.all([this.#definition(point), this.api.diff(point.id, "now", this.layout.value)]);
    return new Compared(titleOf(point), then, diff, way === "past" ? this.#now : null);
  }

  async #definition({ id, seq }: Point): Promise<Definition> {
    const key = `${id} ${seq}`; // the newest point grows
    const found = this.#kept.get(key) ?? (await this.api.definition(id));
    const [oldest] = this.#kept.keys();
    if (oldest !== undefined && this.#kept.size >= MOST_KEPT) this.#kept.delete(oldest);
    this.#kept.set(key, found);
    return found;
  }

  #put(found: Compared, way: Way): void {
    if (way === "past") this.editor.showPast(found.before);
    else this.editor.showPresent();
    this.editor.compared.set(found);
    const where = way === "past" ? `The canvas shows ${found.then}, read-only.` : `${found.then} lies over the draft.`;
    this.editor.announcer.say(`${where} Since then: ${found.words()}.`);
  }

  #differs(differs: boolean): void {
    this.editor.version.set({ ...this.editor.version.value, has_unpublished_changes: differs });
    void this.load();
  }

  async #changed(action: () => Promise<unknown>): Promise<boolean> {
    return this.#tried(async () => {
      await this.editor.sync?.();
      await action();
      await this.editor.sync?.();
    });
  }

  async #tried(action: () => Promise<void>): Promise<boolean> {
    try {
      await action();
      return true;
    } catch (error) {
      this.editor.say(reason(error), "bad");
      return false;
    }
  }

  #wait(then: (() => void) | null, ms = 0): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = then && setTimeout(() => {
      this.#timer = null;
      then();
    }, ms);
  }
}

const histories = new WeakMap<Editor, History>();

/** Return the history of the open workflow. */
export function historyOf(editor: Editor): History {
  const known = histories.get(editor);
  if (known) return known;
  const made = new History(editor);
  histories.set(editor, made);
  return made;
}
