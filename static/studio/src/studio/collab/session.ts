// How long the page's session lasts: warns before it ends, makes it last longer, and goes on with
// everything after a sign-in in another tab. What was edited stays in the document meanwhile.

import { ApiError, get, post, takeCsrfToken } from "../../lib/api";
import type { Editor } from "../model/editor";
import { Observable } from "../model/observable";
import { reason } from "./follower";
import { socketOf } from "./socket";

const WARNING = 2 * 60_000; // so long before the end
const FARTHEST = 2 ** 31 - 1; // that a timer can wait
const ANEW = 30_000; // between two questions that the server did not answer
const OFTEN = 60_000; // so often the server is told that somebody is there

interface Session {
  user: string;
  name: string;
  expires_at: string;
  renewable: boolean;
  csrf_token: string;
}

export type SessionState =
  | { kind: "fine" }
  | { kind: "ending"; at: number; renewable: boolean }
  /** It ended; `by` is the name of somebody else who signed in since. */
  | { kind: "over"; by: string };

export class SessionWatch {
  readonly state = new Observable<SessionState>({ kind: "fine" });
  #timer: ReturnType<typeof setTimeout> | null = null;
  #asking: Promise<void> | null = null;
  #told = Date.now();
  #doubted = 0;

  constructor(readonly editor: Editor) {}

  /** Look now, when the end is near, and whenever somebody comes back to the page. */
  start(page: Window): void {
    const seen = () => {
      if (page.document.visibilityState === "visible" && this.#isInDoubt) void this.look();
    };
    page.addEventListener("focus", seen);
    page.document.addEventListener("visibilitychange", seen);
    for (const kind of ["keydown", "pointerdown"]) {
      page.document.addEventListener(kind, () => void this.#busy(), { capture: true, passive: true });
    }
    this.editor.saving.on(() => this.#isOut && void this.#doubt());
    void this.look();
  }

  /** Ask how the session stands; after a sign-in everything goes on. */
  look(): Promise<void> {
    this.#asking ??= this.#look().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  /** Stay signed in. */
  async renew(): Promise<void> {
    try {
      this.#take(await post<Session>(`${this.editor.boot.urls.api}session/`));
      this.editor.announcer.say("You stay signed in");
    } catch (error) {
      this.editor.say(reason(error), "bad");
      await this.look();
    }
  }

  /** Somebody works here: then the session lasts, as it does for who looks at one page after another. */
  async #busy(): Promise<void> {
    const isTold = Date.now() - this.#told < OFTEN;
    if (isTold || this.state.value.kind !== "fine" || this.#isOut) return;
    this.#told = Date.now();
    try {
      this.#take(await post<Session>(`${this.editor.boot.urls.api}session/`));
    } catch {
      // It cannot be made longer, or nobody answered: the warning says so in time.
    }
  }

  /** The server closed the socket: the session ended, or goes by another key since a fresh proof. */
  async #doubt(): Promise<void> {
    const isKnown = Date.now() - this.#doubted < OFTEN;
    this.#doubted = Date.now();
    if (!isKnown) await this.look();
    if (this.#isOut) this.#over("");
  }

  async #look(): Promise<void> {
    try {
      this.#take(await get<Session>(`${this.editor.boot.urls.api}session/`));
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) this.#over("");
      else this.#wait(ANEW);
    }
  }

  #take(session: Session): void {
    const { editor } = this;
    if (session.user !== editor.boot.user.id) return this.#over(session.name);
    takeCsrfToken(session.csrf_token);
    const wasOut = this.#isOut || this.state.value.kind === "over";
    const at = Date.parse(session.expires_at);
    const left = at - Date.now();
    if (left > WARNING) this.state.set({ kind: "fine" });
    else this.state.set({ kind: "ending", at, renewable: session.renewable });
    this.#wait(left > WARNING ? left - WARNING : Math.max(1_000, left + 1_000));
    if (!wasOut) return;
    editor.room?.retry();
    socketOf(editor).again();
    editor.announcer.say("You are signed in again. Your edits are being saved.");
  }

  #over(by: string): void {
    this.state.set({ kind: "over", by });
    this.editor.room?.pause();
  }

  /** Whether something is known to be wrong, or soon will be. */
  get #isInDoubt(): boolean {
    return this.#isOut || this.state.value.kind !== "fine";
  }

  get #isOut(): boolean {
    const { value } = this.editor.saving;
    return value.kind === "shut" && value.why === "signed-out";
  }

  #wait(ms: number): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.look(), Math.min(ms, FARTHEST));
  }
}

const watches = new WeakMap<Editor, SessionWatch>();

/** Return the watch over the page's session. */
export function sessionOf(editor: Editor): SessionWatch {
  const known = watches.get(editor);
  if (known) return known;
  const made = new SessionWatch(editor);
  watches.set(editor, made);
  return made;
}
