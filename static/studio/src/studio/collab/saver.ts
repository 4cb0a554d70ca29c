// Keeps the draft in the document and the one on the server the same, by binary updates over HTTP.
//
// What is edited while one request is under way forms the next one. The answer to each brings what
// others edited meanwhile; without own edits a quiet question brings it. Nothing is thrown away:
// what could not be sent stays in the document and is sent as what the server lacks.

import * as Y from "yjs";
import { ApiError, bytes, Unreachable } from "../../lib/api";
import type { Observable } from "../model/observable";
import type { SaveState } from "../model/saving";
import { REMOTE } from "../model/ydoc";

const QUIET = 4_000; // between two questions for others' edits
const HIDDEN = 60_000; // the same in a page that nobody looks at
const SLOWEST = 30_000; // between two tries while the server does not answer
const GROUPING = 250; // edits this close together travel together

const LONGEST = 4_000; // letters of a state vector in an address

type Bytes = Uint8Array<ArrayBuffer>;

export interface SaverOptions {
  url: string;
  state: Observable<SaveState>;
  readOnly: boolean;
  /** Called after the server merged an edit. */
  onSaved?: () => void;
}

export class Saver {
  /** What the server is known to have. */
  #acknowledged: Bytes;
  #dirty = false;
  #busy = false;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #closed = false;

  constructor(
    readonly doc: Y.Doc,
    readonly options: SaverOptions,
  ) {
    this.#acknowledged = Y.encodeStateVector(doc) as Bytes;
    doc.on("update", this.#edited);
    this.#wait(QUIET);
  }

  /** Whether something is only in this page. */
  get unsaved(): boolean {
    return this.#dirty;
  }

  /** Send now what is not sent yet, and ask what is new. */
  async flush(): Promise<void> {
    if (this.#busy || this.#closed) return;
    this.#busy = true;
    const sending = this.#dirty;
    const covered = Y.encodeStateVector(this.doc) as Bytes;
    try {
      this.#dirty = false;
      const answer = await this.#exchange(sending, covered);
      this.#failures = 0;
      this.#acknowledged = covered;
      Y.applyUpdate(this.doc, answer, REMOTE);
      if (sending) this.options.onSaved?.();
      this.#tell(this.#dirty ? { kind: "saving" } : this.#savedNow(sending));
      this.#wait(this.#dirty ? 0 : this.#quiet());
    } catch (error) {
      this.#dirty = this.#dirty || sending;
      this.#failed(error);
    } finally {
      this.#busy = false;
    }
  }

  /** Bring both sides to the same state. Raises Unreachable if something cannot be sent. */
  async sync(): Promise<void> {
    while (this.#busy || this.#dirty) {
      if (this.#busy) await new Promise((done) => setTimeout(done, 20));
      else await this.flush();
      if (this.#dirty && this.#failures) throw new Unreachable();
    }
    await this.flush();
  }

  close(): void {
    this.#closed = true;
    this.doc.off("update", this.#edited);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  readonly #edited = (_update: Uint8Array, origin: unknown): void => {
    if (origin === REMOTE || this.options.readOnly) return;
    this.#dirty = true;
    if (this.options.state.value.kind !== "offline") this.#tell({ kind: "saving" });
    // What was refused may be mended by this very edit; a server that is away is asked more rarely.
    if (!this.#busy && this.options.state.value.kind !== "offline") this.#wait(GROUPING);
  };

  async #exchange(sending: boolean, known: Bytes): Promise<Uint8Array> {
    // Each person who ever edited takes a few letters; past this length addresses are cut off on
    // their way. Without it the server answers everything, which merges just as well.
    const vector = base64url(known);
    const url = vector.length < LONGEST ? `${this.options.url}?sv=${vector}` : this.options.url;
    if (!sending) return (await bytes("GET", url)).data;
    const update = Y.encodeStateAsUpdate(this.doc, this.#acknowledged) as Bytes;
    return (await bytes("POST", url, update)).data;
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    const refused = error instanceof ApiError && error.status < 500 && error.status !== 429;
    if (refused) this.#tell({ kind: "refused", reason: error.message });
    else if (this.#dirty || !(error instanceof ApiError)) this.#tell({ kind: "offline" });
    const pause = Math.min(SLOWEST, 500 * 2 ** this.#failures);
    const asked = error instanceof ApiError && error.retryAfter ? error.retryAfter * 1000 : 0;
    // A refusal is tried again, slowly: rights may come back, and the next edit may mend it.
    this.#wait(Math.max(refused ? SLOWEST : pause, asked));
  }

  #savedNow(sent: boolean): SaveState {
    const before = this.options.state.value;
    if (!sent && before.kind === "saved") return before;
    return { kind: "saved", at: Date.now() };
  }

  #tell(state: SaveState): void {
    if (this.options.state.value.kind !== state.kind || state.kind !== "saving")
      this.options.state.set(state);
  }

  #quiet(): number {
    return typeof document !== "undefined" && document.hidden ? HIDDEN : QUIET;
  }

  #wait(ms: number): void {
    if (this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), ms);
  }
}

/** Guard a page against being left while something is only in it; returns how to stop. */
export function guardUnsaved(saver: Saver, page: Window): () => void {
  const ask = (event: BeforeUnloadEvent) => {
    if (!saver.unsaved) return;
    void saver.flush();
    event.preventDefault();
  };
  const now = () => void saver.flush();
  page.addEventListener("beforeunload", ask);
  page.addEventListener("online", now);
  page.document.addEventListener("visibilitychange", now);
  return () => {
    page.removeEventListener("beforeunload", ask);
    page.removeEventListener("online", now);
    page.document.removeEventListener("visibilitychange", now);
  };
}

export function base64url(data: Uint8Array): string {
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
