// What the runbook asks the server for: to keep pictures, and how what is shown in it stands.

import { get, sent } from "../../lib/api";
import type { Boot } from "../model/boot";
import type { Approval } from "../model/runs";

/** Keep a picture; what it is the server finds out. */
export async function addImage(url: string, file: File): Promise<{ id: string }> {
  const response = await sent("POST", url, { headers: { Accept: "application/json" } }, { body: file, type: file.type });
  return (await response.json()) as { id: string };
}

/** A question with who decides, or how it was decided. */
export type Question = Approval & {
  workflow: { id: string; name: string };
  assignees: string[];
  decision: string;
  decided_by: string | null;
  created_at: string;
};

/** Return a question as it stands. */
export function questionOf(urls: Boot["urls"], id: string): Promise<Question> {
  return get(`${urls.api}approvals/${id}/`);
}

/** Return the newest questions of a workflow. */
export async function questionsOf({ urls, workflow }: Boot): Promise<Question[]> {
  const { results } = await get<{ results: Question[] }>(`${urls.api}approvals/?page_size=100`);
  return results.filter((each) => each.workflow.id === workflow.id);
}
