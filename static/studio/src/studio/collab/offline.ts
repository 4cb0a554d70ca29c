// The document kept in this browser, so that what is edited without a connection survives the page.
// One database for each workspace, person, workflow and form of the document; at sign-out all go.

import type * as Y from "yjs";
import { forgetEverybody, forgetOthers } from "../model/keptHere";

const FORM = "s1"; // the document's schema
const PREFIX = "auterity/";
const OWED = "owed";
const PATIENCE = 3_000; // a database that another window holds is not waited for

export interface Kept {
  /** Whose changes of the document come from it. */
  origin: unknown;
  /** Whether something was in it. */
  found: boolean;
  /** Note whether the server lacks something of it; without a note, it may. */
  note(owed: boolean): Promise<void>;
  owed(): Promise<boolean>;
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
    return {
      origin: store,
      found: ydoc.store.clients.size > 0,
      note: (owed) => store.set(OWED, Number(owed)).then(noWords, noWords), // deleted meanwhile
      owed: async () => (await store.get(OWED)) !== 0,
      forget: () => store.clearData(),
    };
  } catch {
    return null; // a private window, a full disk: the page itself still holds everything
  }
}

export function databaseOf(host: string, user: string, workflow: string): string {
  return `${PREFIX}${host}/${user}/${workflow}/${FORM}`;
}

export async function isKept(name: string): Promise<boolean> {
  return (await names()).includes(name);
}

/** Delete what is kept for another person, and in a form that is no longer read. */
export async function tidy(own: string): Promise<void> {
  const [prefix, host, user = ""] = own.split("/");
  forgetOthers(user);
  const mine = `${prefix}/${host}/${user}/`;
  for (const name of await names())
    if (!name.startsWith(mine) || !name.endsWith(`/${FORM}`)) indexedDB.deleteDatabase(name);
}

/** Delete everything that is kept here of anybody's work. */
export async function forgetAll(): Promise<void> {
  forgetEverybody();
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

function noWords(): void {}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, fail) => setTimeout(() => fail(new Error("It takes too long.")), ms));
  return Promise.race([promise, late]);
}
