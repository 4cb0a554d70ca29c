// The document kept in this browser, so that what is edited without a connection survives the page.
// One database for each workspace, person, workflow and form of the document; at sign-out all go.

import type * as Y from "yjs";
import type { Boot } from "../model/boot";

const FORM = "s1"; // the document's schema
const PREFIX = "auterity/";
const PATIENCE = 3_000; // a database that another window holds is not waited for

export interface Kept {
  /** Whose changes of the document come from it. */
  origin: unknown;
  /** Whether something was in it. */
  found: boolean;
  /** Stop writing to it, and delete what is in it. */
  forget(): Promise<void>;
}

/** Load what was kept into the document and keep what changes from now on; null where that cannot be. */
export async function keep(ydoc: Y.Doc, name: string): Promise<Kept | null> {
  try {
    const { IndexeddbPersistence } = await import("y-indexeddb");
    const store = new IndexeddbPersistence(name, ydoc);
    // Its promise of a database that cannot be opened is rejected; `whenSynced` would wait for ever.
    await within(PATIENCE, Promise.all([store._db, store.whenSynced]));
    // Signing out in another window deletes it; nothing more is written then.
    store.db?.addEventListener("versionchange", () => void store.destroy());
    return { origin: store, found: ydoc.store.clients.size > 0, forget: () => store.clearData() };
  } catch {
    return null; // a private window, a full disk: the page itself still holds everything
  }
}

export function databaseOf(boot: Boot, host: string): string {
  return `${PREFIX}${host}/${boot.user.id}/${boot.workflow.id}/${FORM}`;
}

/** Delete what is kept for another person, and in a form that is no longer read. */
export async function tidy(own: string): Promise<void> {
  const [prefix, host, user] = own.split("/");
  const mine = `${prefix}/${host}/${user}/`;
  for (const name of await names())
    if (!name.startsWith(mine) || !name.endsWith(`/${FORM}`)) indexedDB.deleteDatabase(name);
}

/** Delete everything that is kept here of anybody's drafts. */
export async function forgetAll(): Promise<void> {
  await Promise.all((await names()).map(deleted));
}

function deleted(name: string): Promise<void> {
  return new Promise((done) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = request.onerror = () => done();
  });
}

async function names(): Promise<string[]> {
  const all = await indexedDB.databases().catch(() => []);
  return all.flatMap(({ name }) => (name?.startsWith(PREFIX) ? [name] : []));
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, fail) => setTimeout(() => fail(new Error("It takes too long.")), ms));
  return Promise.race([promise, late]);
}
