// What was edited and cannot be saved, as a file that can be imported as a workflow.

import type { Definition } from "../model/boot";
import type { JsonObject } from "../model/json";
import { runbookTree } from "../model/runbookTree";
import type { StudioDoc } from "../model/ydoc";

interface Details {
  name: string;
  description: string;
}

/** Return all that can be edited, in the form of an exported workflow. */
export function fileOf({ name, description }: Details, definition: Definition, runbook: JsonObject | null): string {
  const parts = { format: "auterity.workflow/1", name, description, tags: [], definition, ...(runbook && { runbook }) };
  return JSON.stringify(parts, null, 2);
}

export function fileOfDoc(doc: StudioDoc): string {
  const [name = "", description = ""] = [doc.meta.get("name"), doc.meta.get("description")];
  return fileOf({ name: String(name), description: String(description) }, doc.definition(), runbookTree(doc.runbook));
}

export function download(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: `${name || "workflow"} (my edits).json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
