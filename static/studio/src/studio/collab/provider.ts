// The document's socket: the y-websocket protocol, spoken by a client of our own, because three things
// are asked of it that the stock one does not do: it tells what the server has stored, it stops for
// good when a right is lost, and viewers send nothing.

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import { applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates, type Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import { ApiError } from "../../lib/api";
import { REMOTE } from "../model/stored";

const SYNC = 0;
const AWARENESS = 1;
const QUERY_AWARENESS = 3;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;

export const SIGNED_OUT = 4401;
export const FORBIDDEN = 4403;
const GONE = 4404;
/** What we sent cannot be taken, or is too much: requests tell why, and the socket is tried rarely. */
const REFUSED: ReadonlySet<number> = new Set([4400, 4413]);

const SLOWEST = 15_000;
const LOOKING = 10_000; // how often the connection is looked at
const SILENCE = 25_000; // a server that says nothing for so long is asked; twice that, it is given up
const MOST = 900_000; // bytes of one frame; what is larger goes another way

export interface ProviderOptions {
  /** Where the socket is; on another host that takes a ticket, asked for each time. */
  address: () => string | Promise<string>;
  readOnly: boolean;
  /** Both sides are the same now; before that, and after a loss, they are not. */
  onSynced: () => void;
  onLost: () => void;
  /** What the server has stored: it says so when the socket opens and after each write. */
  onState: (state: Uint8Array) => void;
  /** The server's answer to our state, with all deletions that it has stored. */
  onAnswer: (update: Uint8Array) => void;
  /** The server will not have us back, for this reason. */
  onShut: (why: "forbidden" | "signed-out") => void;
  /** Something is too large for the socket. */
  onLarge: () => void;
  open?: (url: string) => WebSocket;
}

export class Provider {
  #socket: WebSocket | null = null;
  #dialling = false;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #looking: ReturnType<typeof setInterval> | null = null;
  #failures = 0;
  #heard = 0;
  #answered = false;
  #wanted = false;
  synced = false;

  constructor(
    readonly doc: Y.Doc,
    readonly awareness: Awareness,
    readonly options: ProviderOptions,
  ) {
    doc.on("update", this.#edited);
    awareness.on("update", this.#shown);
  }

  /** Connect now, and again after each loss. */
  connect(): void {
    this.#wanted = true;
    this.#looking ??= setInterval(() => this.#look(), LOOKING);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (!this.#socket) void this.#dial();
  }

  /** Let go of the socket; `connect` comes back. */
  disconnect(): void {
    this.#wanted = false;
    if (this.#looking !== null) clearInterval(this.#looking);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#looking = this.#timer = null;
    const socket = this.#socket;
    if (!socket) return;
    this.#lost(0);
    socket.close();
  }

  destroy(): void {
    this.disconnect();
    this.doc.off("update", this.#edited);
    this.awareness.off("update", this.#shown);
  }

  /** Ask the server for what it has, to learn what it has stored. */
  ask(): void {
    this.#send((encoder) => {
      encoding.writeVarUint(encoder, SYNC);
      encoding.writeVarUint(encoder, STEP_1);
      encoding.writeVarUint8Array(encoder, Y.encodeStateVector(this.doc));
    });
  }

  async #dial(): Promise<void> {
    if (this.#dialling) return;
    this.#dialling = true;
    try {
      const address = this.options.address();
      const url = typeof address === "string" ? address : await address;
      if (this.#wanted && !this.#socket) this.#open(url);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      this.#lost(status === 401 ? SIGNED_OUT : status === 403 || status === 404 ? FORBIDDEN : 0);
    } finally {
      this.#dialling = false;
    }
  }

  #open(url: string): void {
    const open = this.options.open ?? ((url: string) => new WebSocket(url));
    const socket = open(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#answered = false;
    this.#heard = Date.now();
    socket.onopen = () => {
      this.ask();
      this.#show([this.awareness.clientID]);
    };
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket && data instanceof ArrayBuffer) this.#hear(new Uint8Array(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#lost(code);
    };
  }

  #hear(frame: Uint8Array): void {
    this.#heard = Date.now();
    const decoder = decoding.createDecoder(frame);
    switch (decoding.readVarUint(decoder)) {
      case SYNC:
        this.#sync(decoding.readVarUint(decoder), decoding.readVarUint8Array(decoder));
        break;
      case AWARENESS:
        applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
    }
  }

  #sync(kind: number, payload: Uint8Array): void {
    if (kind === STEP_1) {
      this.options.onState(payload);
      const first = !this.#answered;
      this.#answered = true;
      if (first) this.#answer(payload);
      return;
    }
    Y.applyUpdate(this.doc, payload, REMOTE);
    if (kind !== STEP_2) return;
    this.options.onAnswer(payload);
    if (this.synced) return;
    this.synced = true;
    this.#failures = 0;
    this.options.onSynced();
  }

  /** Send what the server lacks: what was edited while there was no connection. */
  #answer(state: Uint8Array): void {
    if (!this.options.readOnly) this.#sendUpdate(STEP_2, Y.encodeStateAsUpdate(this.doc, state));
  }

  readonly #edited = (update: Uint8Array, origin: unknown): void => {
    // Before the answer to the server's state has gone, an update would only be sent twice.
    if (origin !== REMOTE && !this.options.readOnly && this.#answered) this.#sendUpdate(UPDATE, update);
  };

  readonly #shown = ({ added, updated, removed }: Record<"added" | "updated" | "removed", number[]>, origin: unknown) => {
    if (origin === "local") this.#show([...added, ...updated, ...removed]);
  };

  #show(clients: number[]): void {
    this.#send((encoder) => {
      encoding.writeVarUint(encoder, AWARENESS);
      encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(this.awareness, clients));
    });
  }

  #sendUpdate(kind: number, update: Uint8Array): void {
    if (update.length > MOST) {
      this.options.onLarge();
      return;
    }
    this.#send((encoder) => {
      encoding.writeVarUint(encoder, SYNC);
      encoding.writeVarUint(encoder, kind);
      encoding.writeVarUint8Array(encoder, update);
    });
  }

  #send(write: (encoder: encoding.Encoder) => void): void {
    if (this.#socket?.readyState !== 1) return;
    const encoder = encoding.createEncoder();
    write(encoder);
    this.#socket.send(encoding.toUint8Array(encoder) as Uint8Array<ArrayBuffer>);
  }

  /** A connection can be dead without being closed, after sleep for one: ask, then give it up. */
  #look(): void {
    const silence = Date.now() - this.#heard;
    if (silence < SILENCE || !this.#socket) return;
    if (silence < 2 * SILENCE) {
      this.#send((encoder) => encoding.writeVarUint(encoder, QUERY_AWARENESS));
      return;
    }
    const socket = this.#socket;
    this.#lost(0);
    socket.close();
  }

  #lost(code: number): void {
    this.#socket = null;
    this.synced = false;
    const others = [...this.awareness.getStates().keys()].filter((client) => client !== this.awareness.clientID);
    removeAwarenessStates(this.awareness, others, this);
    if (code === SIGNED_OUT || code === FORBIDDEN || code === GONE) {
      this.#wanted = false;
      this.options.onShut(code === SIGNED_OUT ? "signed-out" : "forbidden");
      return;
    }
    this.options.onLost();
    if (!this.#wanted) return;
    this.#failures += 1;
    const pause = REFUSED.has(code) ? SLOWEST : Math.min(SLOWEST, 250 * 2 ** this.#failures);
    this.#again(pause);
  }

  #again(pause: number): void {
    // Spread, so that not everybody comes back in the same moment after a restart.
    const spread = pause * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      if (this.#wanted && !this.#socket) void this.#dial();
    }, spread);
  }
}
