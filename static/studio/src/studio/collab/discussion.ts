// Brings the workflow's comments here and what is said there: over HTTP, by the page's socket told of
// what is new, and kept in this browser while there is no connection.

import { ApiError, Unreachable } from "../../lib/api";
import type { Person } from "../model/boot";
import { aboutWords, placeOf, type Anchor, type Opened, type Thread, type Unsent } from "../model/comments";
import type { Editor } from "../model/editor";
import { CommentApi } from "./commentApi";
import { reason } from "./follower";
import { socketOf } from "./socket";
import { UnsentBox } from "./unsent";

const AGAIN = 10_000; // what could not be sent is tried anew, besides whenever a connection comes

export class Discussion {
  readonly api: CommentApi;
  readonly #box: UnsentBox;
  #stale = new Set<string>();
  #reading = false;
  #sending = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #listeners = new Set<(thread: string) => void>();

  constructor(readonly editor: Editor) {
    this.api = new CommentApi(editor.boot.urls);
    this.#box = new UnsentBox(editor.boot);
  }

  /** Read what is said, and hear of what is said from now on. */
  start(page: Window): void {
    const { comments, boot } = this.editor;
    comments.unsent.set(this.#box.read());
    const socket = socketOf(this.editor);
    socket.listen({
      onFrame: (frame) => frame.type === "comments" && this.#hear(frame.thread),
      onOpen: (open) => open && void this.flush(),
    });
    socket.discuss(boot.workflow.id);
    page.addEventListener("online", () => void this.flush());
    void this.load().then(() => this.#openAsked(page));
    void this.flush();
  }

  async load(): Promise<void> {
    const { comments } = this.editor;
    if (comments.state.value !== "ready") comments.state.set("loading");
    try {
      const threads = await this.api.threads("state=open");
      const done = [...comments.threads.value.values()].filter(({ resolved }) => resolved);
      comments.threads.set(new Map([...done, ...threads].map((thread) => [thread.id, thread])));
      comments.state.set("ready");
    } catch (error) {
      comments.problem.set(reason(error));
      if (comments.state.value !== "ready") comments.state.set(isForbidden(error) ? "forbidden" : "failed");
    }
  }

  /** Find threads that are not all here: resolved ones, and those in which somebody takes part. */
  async find(query: string): Promise<Thread[]> {
    const found = await this.api.threads(query);
    const known = new Map(this.editor.comments.threads.value);
    for (const thread of found) known.set(thread.id, thread);
    this.editor.comments.threads.set(known);
    return found;
  }

  /** Call the listener when something was said in a thread. */
  onNews(listener: (thread: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Say something. Without a connection it is kept, and said later. */
  async say(opened: Opened, text: string, mentions: readonly Person[]): Promise<boolean> {
    const thread = opened.kind === "thread" ? opened.id : null;
    const unsent: Unsent = {
      key: crypto.randomUUID(), thread, anchor: opened.kind === "new" ? opened.anchor : null,
      text, mentions: [...mentions], at: new Date().toISOString(),
    };
    const { comments } = this.editor;
    try {
      await this.#send(unsent);
    } catch (error) {
      const kept = error instanceof Unreachable && this.#keep([...comments.unsent.value, unsent]);
      this.editor.say(kept ? "No connection. Your comment is kept on this device and sent later." : reason(error), kept ? "info" : "bad");
      if (!kept) return false;
      if (!thread) comments.opened.set({ kind: "thread", id: unsent.key });
      this.#soon();
    }
    comments.drafts.delete(placeOf(opened));
    return true;
  }

  /** Send what waits, in its order; what the server refuses goes back to who wrote it. */
  async flush(): Promise<void> {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let [next] = this.#waiting; next; [next] = this.#waiting) {
        if (!(await this.#sent(next))) break;
        const { key } = next;
        this.#keep(this.#waiting.filter((each) => each.key !== key));
      }
    } finally {
      this.#sending = false;
    }
    if (this.#waiting.length) this.#soon();
  }

  /** Drop something that waits. */
  discard(key: string): void {
    this.#keep(this.#waiting.filter((each) => each.key !== key));
    const { opened } = this.editor.comments;
    if (opened.value?.kind === "thread" && opened.value.id === key) opened.set(null);
  }

  change(thread: string, id: string, text: string, mentions: readonly Person[]): Promise<boolean> {
    return this.#tried(async () => void (await this.api.change(thread, id, text, mentions)), "Comment changed");
  }

  async remove(thread: string, id: string): Promise<boolean> {
    const done = await this.#tried(() => this.api.remove(thread, id), "Comment deleted");
    if (done) await this.#refresh(thread);
    return done;
  }

  async resolve(thread: Thread): Promise<void> {
    const how = thread.resolved ? "reopen" : "resolve";
    await this.#tried(async () => {
      this.editor.comments.put(await this.api.mark(thread.id, how));
    }, thread.resolved ? "Thread open again" : "Thread resolved");
  }

  /** Note that a thread is being looked at. Nobody waits for that: it is noted with the next look. */
  async read(thread: Thread): Promise<void> {
    if (!thread.unread) return;
    this.editor.comments.put({ ...thread, unread: 0 });
    await this.api.mark(thread.id, "read").catch(() => undefined);
  }

  async readAll(): Promise<void> {
    await this.#tried(() => this.api.readAll(), "All comments are read");
    await this.load();
  }

  get #waiting(): readonly Unsent[] {
    return this.editor.comments.unsent.value;
  }

  async #sent(unsent: Unsent): Promise<boolean> {
    try {
      await this.#send(unsent);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status >= 500 || error.status === 429) return false;
      const place = unsent.thread ?? (unsent.anchor && placeOf({ kind: "new", anchor: unsent.anchor }));
      if (place) this.editor.comments.drafts.set(place, { text: unsent.text, mentions: unsent.mentions });
      this.editor.say(`Your comment was not accepted: ${reason(error)} Its text is kept where you wrote it.`, "bad");
    }
    return true;
  }

  async #send(unsent: Unsent): Promise<void> {
    const { comments, barred } = this.editor;
    // The server knows only steps that it has.
    if (unsent.anchor?.node && !barred) await this.editor.sync?.();
    const said = await this.api.say(unsent);
    if (!("first" in said)) {
      await this.#refresh(unsent.thread ?? "");
      return;
    }
    comments.put(said);
    const { value } = comments.opened;
    const shown = value && (value.kind === "new" ? placeOf(value) === placeOf({ kind: "new", anchor: unsent.anchor as Anchor }) : value.kind === "thread" && value.id === unsent.key);
    if (shown) comments.opened.set({ kind: "thread", id: said.id });
  }

  #keep(unsent: readonly Unsent[]): boolean {
    this.editor.comments.unsent.set(unsent);
    return this.#box.write(unsent);
  }

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      void this.flush();
    }, AGAIN);
  }

  #hear(thread: string | null): void {
    if (thread === null) {
      void this.load().then(() => this.#tell(null));
      return;
    }
    this.#stale.add(thread);
    void this.#readStale();
  }

  /** Read one after the other what changed: many changes of a thread are one look at it. */
  async #readStale(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      for (let [id] = this.#stale; id !== undefined; [id] = this.#stale) {
        this.#stale.delete(id);
        const before = this.editor.comments.threads.value.get(id);
        await this.#refresh(id);
        this.#announce(before, this.editor.comments.threads.value.get(id));
      }
    } finally {
      this.#reading = false;
    }
  }

  async #refresh(id: string): Promise<void> {
    try {
      this.editor.comments.put(await this.api.thread(id));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) this.editor.comments.remove(id);
    }
    this.#tell(id);
  }

  #tell(id: string | null): void {
    for (const listener of this.#listeners) listener(id ?? "");
  }

  #announce(before: Thread | undefined, now: Thread | undefined): void {
    const { announcer, store } = this.editor;
    if (!now) return;
    const about = aboutWords(now, store);
    if (now.unread > (before?.unread ?? 0)) announcer.say(`New comment: ${about}`);
    else if (before && now.resolved && !before.resolved) announcer.say(`Thread resolved: ${about}`);
  }

  /** Show the thread that the page's address names. */
  async #openAsked(page: Window): Promise<void> {
    const id = new URLSearchParams(page.location.search).get("comment");
    if (!id) return;
    const { comments } = this.editor;
    try {
      if (!comments.threads.value.has(id)) comments.put(await this.api.thread(id));
      showThread(this.editor, id);
    } catch {
      this.editor.say("The comment of this link is not there any more, or you may not see it.", "bad");
    }
  }

  async #tried(action: () => Promise<void>, done: string): Promise<boolean> {
    try {
      await action();
      this.editor.announcer.say(done);
      return true;
    } catch (error) {
      this.editor.say(reason(error), "bad");
      return false;
    }
  }
}

/** Bring what a thread is about into view, and open it. */
export function showThread(editor: Editor, id: string): void {
  const thread = editor.comments.all().find((each) => each.id === id);
  if (thread?.node && editor.store.nodes.has(thread.node)) editor.view.camera?.reveal([thread.node], { centre: true });
  else if (thread?.at) editor.view.camera?.follow(thread.at);
  editor.comments.opened.set({ kind: "thread", id });
}

/** Return the address that leads to a thread. */
export function linkTo(thread: Thread, page: Location): string {
  return `${page.origin}${page.pathname}?comment=${thread.id}`;
}

function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 403 || error.status === 404);
}

const discussions = new WeakMap<Editor, Discussion>();

/** Return the discussion of the open workflow. */
export function discussionOf(editor: Editor): Discussion {
  const known = discussions.get(editor);
  if (known) return known;
  const made = new Discussion(editor);
  discussions.set(editor, made);
  return made;
}

