// The page's one live socket: events and words of the run that is shown, that something happened in
// others, and that something was said of the workflow or changed beside its draft. It comes back by
// itself and goes on after the last event that is known; who listens reads the rest over HTTP meanwhile.

import type { Editor } from "../model/editor";
import type { RunEvent } from "../model/runs";

const SLOWEST = 15_000;
const SETTLED = 2_000; // who is not let in is told so sooner
const SIGNED_OUT = 4401;
const NOT_ALLOWED = 4403;

export type Frame =
  | { type: "event"; run: string; event: RunEvent }
  | { type: "token"; run: string; node: string; frame?: string; text: string }
  | { type: "comments"; workflow: string; thread: string | null }
  | { type: "beside"; workflow: string; what: string }
  | { type: "error"; code: string; message: string };

export interface Hearer {
  onFrame?: (frame: Frame) => void;
  /** Whether frames come; while they do not, somebody else must ask. */
  onOpen?: (open: boolean) => void;
  /** The server will not have us back. */
  onRefused?: () => void;
}

export interface SocketOptions extends Hearer {
  open?: (url: string) => WebSocket;
  wait?: (ms: number, then: () => void) => ReturnType<typeof setTimeout>;
}

export class LiveSocket {
  #socket: WebSocket | null = null;
  #failures = 0;
  #opened = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #run: { id: string; after: () => number } | null = null;
  #workflow: string | null = null;
  readonly #watched = new Map<string, Set<() => void>>();
  #signedOut = false;
  readonly #hearers: Hearer[];

  constructor(
    readonly url: string,
    readonly options: SocketOptions = {},
  ) {
    this.#hearers = [options];
  }

  /** Tell somebody else, too, what comes. */
  listen(hearer: Hearer): void {
    this.#hearers.push(hearer);
  }

  /** Hear of what is said of a workflow and changes beside its draft, as long as the page is open. */
  discuss(workflow: string): void {
    this.#workflow = workflow;
    if (this.isOpen) this.#send({ type: "subscribe_comments", workflow });
    else this.#connect();
  }

  /** Follow a run, and only this one; `after` tells the last known number when it is asked. */
  follow(id: string, after: () => number): void {
    const before = this.#run;
    this.#run = { id, after };
    if (!this.isOpen) {
      this.#connect();
      return;
    }
    if (before && before.id !== id) this.#drop(before.id);
    this.#subscribe();
  }

  /** Hear whenever something happens in a run, be it shown or not; returns how to stop. */
  watch(run: string, heard: () => void): () => void {
    const all = this.#watched.get(run) ?? new Set();
    this.#watched.set(run, all.add(heard));
    if (!this.isOpen) this.#connect();
    else if (all.size === 1 && this.#run?.id !== run) this.#send({ type: "subscribe", run, after: 0 });
    return () => {
      all.delete(heard);
      if (all.size || !this.#watched.delete(run)) return;
      if (this.#run?.id !== run) this.#drop(run);
      this.#closeIfDone();
    };
  }

  /** Go on after a sign-in. */
  again(): void {
    this.#signedOut = false;
    if (this.#wanted) this.#connect();
  }

  /** Stop following; the socket closes, unless something else is still heard of. */
  leave(): void {
    const before = this.#run;
    this.#run = null;
    if (before && this.#wanted) this.#drop(before.id);
    this.#closeIfDone();
  }

  /** Hear no more of a run, unless somebody watches it. */
  #drop(run: string): void {
    if (this.isOpen && !this.#watched.has(run)) this.#send({ type: "unsubscribe", run });
  }

  #closeIfDone(): void {
    if (this.#wanted) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket?.close();
    this.#socket = null;
  }

  /** Whether frames come. */
  get isOpen(): boolean {
    return this.#socket?.readyState === 1;
  }

  get #wanted(): boolean {
    return this.#run !== null || this.#workflow !== null || this.#watched.size > 0;
  }

  #connect(): void {
    if (this.#socket || this.#timer !== null || this.#signedOut) return;
    const open = this.options.open ?? ((url: string) => new WebSocket(url));
    const socket = open(this.url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.#opened = Date.now();
      for (const hearer of this.#hearers) hearer.onOpen?.(true);
      this.#subscribeAll();
      if (this.#workflow) this.#send({ type: "subscribe_comments", workflow: this.#workflow });
    };
    socket.onmessage = (message) => {
      const frame = parsed(message.data);
      if (!frame || socket !== this.#socket) return;
      for (const hearer of this.#hearers) hearer.onFrame?.(frame);
      if (frame.type === "event") for (const heard of this.#watched.get(frame.run) ?? []) heard();
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#lost(code);
    };
  }

  #lost(code: number): void {
    this.#socket = null;
    for (const hearer of this.#hearers) hearer.onOpen?.(false);
    // Whoever was let in may be so again: a fresh proof gives the session another key.
    this.#signedOut = code === SIGNED_OUT && Date.now() - this.#opened < SETTLED;
    if (this.#signedOut) return; // until there is a session again
    if (code === NOT_ALLOWED) {
      this.#run = this.#workflow = null;
      this.#watched.clear();
      for (const hearer of this.#hearers) hearer.onRefused?.();
      return;
    }
    if (!this.#wanted) return;
    this.#failures += 1;
    const wait = this.options.wait ?? ((ms: number, then: () => void) => setTimeout(then, ms));
    // Spread, so that not everybody comes back in the same moment after a restart.
    const pause = Math.min(SLOWEST, 250 * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#timer = wait(pause, () => {
      this.#timer = null;
      if (this.#wanted) this.#connect();
    });
  }

  #subscribe(): void {
    if (this.#run) this.#send({ type: "subscribe", run: this.#run.id, after: this.#run.after() });
  }

  /** After a loss: what happened meanwhile is heard of as well. */
  #subscribeAll(): void {
    this.#subscribe();
    for (const run of this.#watched.keys()) if (run !== this.#run?.id) this.#send({ type: "subscribe", run, after: 0 });
  }

  #send(frame: object): void {
    this.#socket?.send(JSON.stringify(frame));
  }
}

function parsed(data: unknown): Frame | null {
  try {
    const frame = JSON.parse(String(data)) as Frame;
    return typeof frame === "object" && frame !== null && "type" in frame ? frame : null;
  } catch {
    return null;
  }
}

/** Return a socket's address on the page's own host. */
export function socketUrl(path: string, page: Location): string {
  return `${page.protocol === "https:" ? "wss:" : "ws:"}//${page.host}${path}`;
}

const sockets = new WeakMap<Editor, LiveSocket>();

/** Return the page's socket. */
export function socketOf(editor: Editor): LiveSocket {
  const known = sockets.get(editor);
  if (known) return known;
  const made = new LiveSocket(socketUrl(editor.boot.urls.live, location));
  sockets.set(editor, made);
  return made;
}
