// Keeps the draft in the document and the one on the server the same by requests, for as long as the
// socket is away: some proxies let no sockets through, and most let requests.
//
// What is edited while one request is under way forms the next one. The answer to each brings what
// others edited meanwhile; without own edits a quiet question brings it. Nothing is thrown away:
// what could not be sent stays in the document and is sent as what the server lacks.

import * as Y from "yjs";
import { ApiError, bytes } from "../../lib/api";
import { REMOTE } from "../model/stored";
import type { Unsaved } from "./unsaved";

const QUIET = 4_000; // between two questions for others' edits
const HIDDEN = 60_000; // the same in a page that nobody looks at
const SLOWEST = 30_000; // between two tries while the server does not answer
const GROUPING = 250; // edits this close together travel together

const LONGEST = 4_000; // letters of a state vector in an address

type Bytes = Uint8Array<ArrayBuffer>;

export interface SaverOptions {
  url: string;
  readOnly: boolean;
  /** Both sides are the same; `sent` if that took an edit of ours. */
  onSynced: (sent: boolean) => void;
  onFailed: (error: unknown) => void;
}

export class Saver {
  /** What the server is known to have. */
  known: Uint8Array | null = null;
  #running = false;
  #flushing: Promise<void> | null = null;
  #failures = 0;
  #refused = false;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    readonly doc: Y.Doc,
    readonly unsaved: Unsaved,
    readonly options: SaverOptions,
  ) {}

  /** Whether the last question was answered. */
  get works(): boolean {
    return this.#running && !this.#failures && this.known !== null;
  }

  get fails(): boolean {
    return this.#failures > 0;
  }

  /** Whether something was kept here of which nobody knows yet whether the server has it. */
  get #unknown(): boolean {
    return this.known === null && this.doc.store.clients.size > 0;
  }

  /** Ask and send from now on. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#failures = 0;
    this.#wait(GROUPING);
  }

  stop(): void {
    this.#running = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Something was edited. A server that is away is asked no sooner for it; what it refused may be mended. */
  edited(): void {
    const away = this.#failures > 0 && !this.#refused;
    if (this.#running && !this.#flushing && this.known !== null && !away) this.#wait(GROUPING);
  }

  /** Send now what is not sent yet, and ask what is new; what is under way is waited for. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = null;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const sending = !this.options.readOnly && (this.unsaved.any || this.#unknown);
    const owed = this.unsaved.owed();
    const covered = Y.encodeStateVector(this.doc) as Bytes;
    try {
      const answer = await this.#exchange(sending, covered);
      this.#failures = 0;
      if (sending) this.unsaved.settle(owed);
      if (sending || !this.known) this.known = covered;
      Y.applyUpdate(this.doc, answer, REMOTE);
      this.#wait(this.unsaved.any ? GROUPING : this.#quiet());
      this.options.onSynced(sending);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #exchange(sending: boolean, own: Bytes): Promise<Uint8Array> {
    // Each person who ever edited takes a few letters; past this length addresses are cut off on
    // their way. Without it the server answers everything, which merges just as well.
    const vector = base64url(own);
    const url = vector.length < LONGEST ? `${this.options.url}?sv=${vector}` : this.options.url;
    if (!sending) return (await bytes("GET", url)).data;
    const update = Y.encodeStateAsUpdate(this.doc, this.known ?? undefined) as Bytes;
    return (await bytes("POST", url, update)).data;
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    this.#refused = error instanceof ApiError && error.status < 500 && error.status !== 429;
    const pause = Math.min(SLOWEST, 500 * 2 ** this.#failures);
    const asked = error instanceof ApiError && error.retryAfter ? error.retryAfter * 1000 : 0;
    this.#wait(Math.max(this.#refused ? SLOWEST : pause, asked));
    this.options.onFailed(error);
  }

  #quiet(): number {
    return typeof document !== "undefined" && document.hidden ? HIDDEN : QUIET;
  }

  #wait(ms: number): void {
    if (!this.#running) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), ms);
  }
}

export function base64url(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
