// The studio's page: show the workflow from what the page brought along, then go on with the document.

import { createRoot } from "react-dom/client";
import { Editor } from "../studio/model/editor";
import { readBoot } from "../studio/model/boot";
import { Studio } from "../studio/ui/Studio";
import { applyTheme } from "../studio/ui/ThemeSwitch";
import "../styles/studio.css";

applyTheme();
const editor = new Editor(readBoot(document));
const root = document.getElementById("studio");
if (!root) throw new Error("The page has no place for the studio.");
createRoot(root).render(<Studio editor={editor} />);
requestIdleCallback(() => void live(), { timeout: 1000 });
requestIdleCallback(() => lookAt(new URLSearchParams(location.search)), { timeout: 1000 });

/** Show what the address asks for: a step, the runbook. */
function lookAt(asked: URLSearchParams): void {
  const step = asked.get("step");
  if (step !== null && editor.store.nodes.has(step)) editor.goTo(step);
  else if (step) editor.say("The step that the link leads to is no longer in the draft. The history has it.", "bad");
  if (asked.has("runbook")) editor.panels.openRunbook();
}

/** Go on with the document; what that takes is fetched now, again where the connection breaks. */
async function live(): Promise<void> {
  const collab = await import("../studio/collab/live").catch(() => null);
  if (collab) await collab.goLive(editor, window).then(discuss);
  else setTimeout(() => void live(), 5_000);
}

/** Hear of what others say and change beside the draft, once it is there, and see to the session. */
async function discuss(): Promise<void> {
  const parts = [import("../studio/collab/beside"), import("../studio/collab/discussion"), import("../studio/collab/session")] as const;
  const found = await Promise.all(parts).catch(() => null);
  if (found) {
    const [{ hearBeside }, { discussionOf }, { sessionOf }] = found;
    hearBeside(editor);
    discussionOf(editor).start(window);
    sessionOf(editor).start(window);
  } else setTimeout(() => void discuss(), 5_000);
}
