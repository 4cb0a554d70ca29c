// Where a document meets the server and the others: the socket, requests while that is away, and what
// is kept in this browser. Says in one word whether what was edited is kept.

import type { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { ApiError, post, Unreachable } from "../../lib/api";
import type { Boot } from "../model/boot";
import type { Editor } from "../model/editor";
import type { SaveState } from "../model/saving";
import { REMOTE } from "../model/stored";
import type { Kept } from "./offline";
import { Provider } from "./provider";
import { Saver } from "./saver";
import { socketUrl } from "./socket";
import { Unsaved } from "./unsaved";

const LATE = 1_000; // how long the document waits for the socket alone
const ASKING = 1_000; // between two questions whether deletions are stored
const PATIENCE = 4_000; // how long the socket may take to store something before it is asked by a request
const SETTLING = 5_000; // how long a run waits for the socket before a request goes
const SAID = 6_000; // how long “Synced” stands

export interface RoomOptions {
  page: Window;
  kept: Kept | null;
  /** The document is there: what was kept, or what the server has. */
  onReady: () => void;
  /** What was edited here is stored. */
  onStored: () => void;
  open?: (url: string) => WebSocket;
}

export class Room {
  readonly unsaved = new Unsaved();
  readonly provider: Provider;
  readonly saver: Saver;
  #ready = false;
  #compared = false;
  #noted: boolean | null = null;
  #wasOffline = false;
  #refusal = "";
  #asking: ReturnType<typeof setTimeout> | null = null;
  #overdue: ReturnType<typeof setTimeout> | null = null;
  #late: ReturnType<typeof setTimeout> | null = null;
  #waiting: (() => void)[] = [];

  constructor(
    readonly editor: Editor,
    readonly ydoc: Y.Doc,
    awareness: Awareness,
    readonly options: RoomOptions,
  ) {
    const { urls } = editor.boot;
    const readOnly = editor.barred;
    ydoc.on("update", this.#edited); // before the socket sends it
    this.provider = new Provider(ydoc, awareness, {
      address: () => addressOf(editor.boot, options.page.location),
      readOnly,
      onSynced: () => this.#joined(),
      onLost: () => this.saver.start(),
      onState: (state) => this.#heardState(state),
      onAnswer: (update) => this.#heardAnswer(update),
      onShut: (why) => this.#shut(why),
      onLarge: () => void this.saver.flush(),
      ...(options.open ? { open: options.open } : {}),
    });
    this.saver = new Saver(ydoc, this.unsaved, {
      url: urls.updates,
      readOnly,
      onSynced: (sent) => this.#requested(sent),
      onFailed: (error) => this.#failed(error),
    });
  }

  /** Whether others see at once what is edited here. */
  get live(): boolean {
    return this.provider.synced;
  }

  enter(): void {
    const { page } = this.options;
    this.provider.connect();
    this.#late = setTimeout(() => !this.#ready && this.saver.start(), LATE);
    page.addEventListener("offline", this.#offline);
    page.addEventListener("online", this.#online);
    page.document.addEventListener("visibilitychange", this.#online);
    page.addEventListener("beforeunload", this.#leaving);
  }

  leave(): void {
    const { page } = this.options;
    this.provider.destroy();
    this.saver.stop();
    this.ydoc.off("update", this.#edited);
    for (const timer of [this.#late, this.#asking, this.#overdue]) if (timer !== null) clearTimeout(timer);
    page.removeEventListener("offline", this.#offline);
    page.removeEventListener("online", this.#online);
    page.document.removeEventListener("visibilitychange", this.#online);
    page.removeEventListener("beforeunload", this.#leaving);
  }

  /** Bring both sides to the same state. Raises Unreachable if something cannot be sent. */
  async sync(): Promise<void> {
    if (this.live && (await this.#settled())) return;
    do await this.saver.flush();
    while (this.unsaved.any && !this.saver.fails);
    if (this.unsaved.any) throw new Unreachable();
  }

  /** The session is over: what is edited stays here until there is one again. */
  pause(): void {
    if (this.editor.saving.value.kind === "shut") return;
    this.provider.disconnect();
    this.#shut("signed-out");
  }

  /** Try again after a sign-in. */
  retry(): void {
    this.editor.saving.set({ kind: this.unsaved.any ? "saving" : "offline" });
    this.provider.connect();
  }

  /** Give up what only this page has: it was exported, or is not wanted. */
  async discard(): Promise<void> {
    this.unsaved.settle(this.unsaved.owed());
    await this.options.kept?.forget();
    this.#tell();
  }

  readonly #edited = (update: Uint8Array, origin: unknown): void => {
    if (origin === REMOTE || origin === this.options.kept?.origin || this.editor.barred) return;
    this.unsaved.owe(update);
    this.#refusal = "";
    this.saver.edited();
    if (this.live) this.#expect();
    this.#tell();
  };

  #heardState(state: Uint8Array): void {
    if (!this.#compared) this.unsaved.oweBeyond(this.ydoc, state);
    this.#compared = true;
    const before = this.unsaved.any;
    this.unsaved.reached(state);
    this.saver.known = state;
    this.#stored(before);
  }

  #heardAnswer(update: Uint8Array): void {
    const before = this.unsaved.any;
    this.unsaved.answered(update);
    this.#stored(before);
  }

  #stored(owedBefore: boolean): void {
    if (this.unsaved.any) this.#expect();
    else {
      this.#refusal = "";
      if (this.#overdue !== null) clearTimeout(this.#overdue);
      this.#overdue = null;
      for (const go of this.#waiting.splice(0)) go();
    }
    if (owedBefore && !this.unsaved.any) this.options.onStored();
    this.#tell();
  }

  #joined(): void {
    this.saver.stop();
    this.#begin();
    if (this.unsaved.any) this.#expect();
    this.#tell();
  }

  #requested(sent: boolean): void {
    this.#refusal = "";
    if (sent) this.#note(true);
    this.#begin();
    if (sent) this.options.onStored();
    this.#tell();
  }

  /** Neither socket nor request: go on with what this browser has, if it has something. */
  #failed(error: unknown): void {
    const status = error instanceof ApiError ? error.status : 0;
    if (status === 401 || status === 403 || status === 404) {
      this.provider.disconnect();
      this.#shut(status === 401 ? "signed-out" : "forbidden");
      return;
    }
    if (this.options.kept?.found) this.#begin();
    this.#refusal = status >= 400 && status < 500 && status !== 429 ? (error as ApiError).message : "";
    this.#tell();
  }

  #shut(why: "forbidden" | "signed-out"): void {
    this.saver.stop();
    if (why === "forbidden" && !this.unsaved.any) void this.options.kept?.forget();
    this.editor.saving.set({ kind: "shut", why, unsaved: this.unsaved.any });
  }

  #begin(): void {
    if (this.#ready) return;
    this.#ready = true;
    this.options.onReady();
  }

  /** What is only here of somebody who may no longer edit: they are told, and can take it along. */
  get #stranded(): boolean {
    return this.editor.boot.permissions.edit === false && this.unsaved.any;
  }

  /** Note beside what is kept whether it is only here: who may not come back asks for that. */
  #note(isKnown: boolean): void {
    const { any } = this.unsaved;
    if (any === this.#noted || !(any || isKnown)) return;
    this.#noted = any;
    void this.options.kept?.note(any);
  }

  #tell(): void {
    this.#note(this.#compared);
    const { saving } = this.editor;
    if (saving.value.kind === "shut" && !this.live) return;
    const next = this.#state();
    if (next.kind === "offline") this.#wasOffline = true;
    if (next.kind === saving.value.kind && next.kind !== "refused") return;
    saving.set(next);
  }

  #state(): SaveState {
    if (this.#stranded) return { kind: "shut", why: "forbidden", unsaved: true };
    if (this.#refusal) return { kind: "refused", reason: this.#refusal };
    if (this.#cutOff) return { kind: "offline" };
    if (this.unsaved.any || !this.#reachable) return { kind: "saving" };
    const synced = this.#wasOffline;
    this.#wasOffline = false;
    if (synced) setTimeout(() => this.#unsay(), SAID);
    return { kind: "saved", at: Date.now(), ...(synced ? { synced } : {}) };
  }

  #unsay(): void {
    const { value } = this.editor.saving;
    if (value.kind === "saved" && value.synced) this.editor.saving.set({ kind: "saved", at: value.at });
  }

  get #reachable(): boolean {
    return this.live || this.saver.works;
  }

  /** Whether nothing goes either way; the moment between a loss and the first request does not count. */
  get #cutOff(): boolean {
    return !this.#reachable && (this.saver.fails || !this.options.page.navigator.onLine);
  }

  /**
   * Expect the server to store what was sent. State vectors do not tell of deletions: it is asked for
   * all that it has. A socket on which one may only look takes edits in silence: a request tells why.
   */
  #expect(): void {
    this.#asking ??= setTimeout(() => {
      this.#asking = null;
      if (this.live && this.unsaved.needsAnswer) this.provider.ask();
    }, ASKING);
    this.#overdue ??= setTimeout(() => {
      this.#overdue = null;
      if (this.live && this.unsaved.any) void this.saver.flush().then(() => this.live && this.unsaved.any && this.#expect());
    }, PATIENCE);
  }

  /** Wait until the server has stored everything; false if that takes too long. */
  #settled(): Promise<boolean> {
    if (!this.unsaved.any) return Promise.resolve(true);
    if (this.unsaved.needsAnswer) this.provider.ask();
    return new Promise((done) => {
      const late = setTimeout(() => done(false), SETTLING);
      this.#waiting.push(() => {
        clearTimeout(late);
        done(true);
      });
    });
  }

  readonly #offline = (): void => {
    this.provider.disconnect();
    this.saver.stop();
    this.#tell();
  };

  readonly #online = (): void => {
    if (this.editor.saving.value.kind !== "shut" && this.options.page.navigator.onLine) this.provider.connect();
  };

  readonly #leaving = (event: BeforeUnloadEvent): void => {
    if (!this.unsaved.any || this.live) return; // what the socket has taken arrives
    void this.saver.flush();
    event.preventDefault();
  };
}

/** Sockets may be on a host of their own: no cookie goes there, but a ticket that is used once. */
function addressOf({ collab, urls }: Boot, page: Location): string | Promise<string> {
  if (collab.url.startsWith("/")) return socketUrl(collab.url, page);
  return post<{ url: string }>(`${urls.workflow}ticket/`).then(({ url }) => url);
}
