// The page's one live socket: events and words of the run that is shown. It comes back by itself and
// goes on after the last event that is known; who listens reads the rest over HTTP meanwhile.

import type { RunEvent } from "../model/runs";

const SLOWEST = 15_000;
const SIGNED_OUT = 4401;
const NOT_ALLOWED = 4403;

export type Frame =
  | { type: "event"; run: string; event: RunEvent }
  | { type: "token"; run: string; node: string; frame?: string; text: string }
  | { type: "error"; code: string; message: string };

export interface SocketOptions {
  onFrame: (frame: Frame) => void;
  /** Whether frames come; while they do not, somebody else must ask. */
  onOpen?: (open: boolean) => void;
  /** The server will not have us back. */
  onRefused?: () => void;
  open?: (url: string) => WebSocket;
  wait?: (ms: number, then: () => void) => ReturnType<typeof setTimeout>;
}

export class LiveSocket {
  #socket: WebSocket | null = null;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #run: { id: string; after: () => number } | null = null;

  constructor(
    readonly url: string,
    readonly options: SocketOptions,
  ) {}

  /** Follow a run, and only this one; `after` tells the last known number when it is asked. */
  follow(id: string, after: () => number): void {
    const before = this.#run;
    this.#run = { id, after };
    if (!this.#isOpen) {
      this.#connect();
      return;
    }
    if (before && before.id !== id) this.#send({ type: "unsubscribe", run: before.id });
    this.#subscribe();
  }

  /** Stop following; the socket closes. */
  leave(): void {
    this.#run = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#socket?.close();
    this.#socket = null;
  }

  get #isOpen(): boolean {
    return this.#socket?.readyState === 1;
  }

  #connect(): void {
    if (this.#socket || this.#timer !== null) return;
    const open = this.options.open ?? ((url: string) => new WebSocket(url));
    const socket = open(this.url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#failures = 0;
      this.options.onOpen?.(true);
      this.#subscribe();
    };
    socket.onmessage = (message) => {
      const frame = parsed(message.data);
      if (frame && socket === this.#socket) this.options.onFrame(frame);
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#lost(code);
    };
  }

  #lost(code: number): void {
    this.#socket = null;
    this.options.onOpen?.(false);
    if (code === SIGNED_OUT || code === NOT_ALLOWED) {
      this.#run = null;
      this.options.onRefused?.();
      return;
    }
    if (!this.#run) return;
    this.#failures += 1;
    const wait = this.options.wait ?? ((ms: number, then: () => void) => setTimeout(then, ms));
    // Spread, so that not everybody comes back in the same moment after a restart.
    const pause = Math.min(SLOWEST, 250 * 2 ** this.#failures) * (0.75 + Math.random() / 2);
    this.#timer = wait(pause, () => {
      this.#timer = null;
      if (this.#run) this.#connect();
    });
  }

  #subscribe(): void {
    if (this.#run) this.#send({ type: "subscribe", run: this.#run.id, after: this.#run.after() });
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
