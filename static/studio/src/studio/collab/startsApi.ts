// The ways in which a workflow may begin, asked of the server when somebody wants one.

import { get } from "../../lib/api";
import type { Definition } from "../model/boot";

export type TriggerKind = "schedule" | "webhook";

/** One way to begin; `trigger` is the kind of trigger that starts what comes of it. */
export interface Start {
  slug: string;
  name: string;
  description: string;
  definition: Definition;
  trigger: TriggerKind | null;
  is_template: boolean;
  steps: number;
}

export async function fetchStarts(url: string): Promise<readonly Start[]> {
  return (await get<{ results: Start[] }>(url)).results;
}
