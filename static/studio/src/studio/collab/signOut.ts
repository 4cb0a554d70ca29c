// Signing out of the studio: what this browser keeps of the workspace goes first, and nothing that is
// only here is thrown away with it.

import { csrfToken } from "../../lib/api";
import type { Editor } from "../model/editor";
import { forgetAll } from "./offline";

const PATIENCE = 2_000; // a database that another window holds is not waited for

/** Sign out, which also ends this page's sockets; not while edits are on this device alone. */
export async function signOut(editor: Editor): Promise<void> {
  const { value } = editor.saving;
  const isSaved = value.kind === "saved" || (value.kind === "shut" && !value.unsaved);
  if (!isSaved && !editor.barred) {
    editor.say("Not everything is saved yet. Signing out deletes what is kept on this device.", "bad");
    return;
  }
  editor.room?.pause();
  await Promise.race([forgetAll(), new Promise((done) => setTimeout(done, PATIENCE))]);
  const form = document.createElement("form");
  form.method = "post";
  form.action = "/accounts/logout/";
  const token = Object.assign(document.createElement("input"), { type: "hidden", name: "csrfmiddlewaretoken", value: csrfToken() });
  form.append(token);
  document.body.append(form);
  form.submit();
}
