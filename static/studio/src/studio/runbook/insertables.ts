// What the menu behind a slash offers: kinds of blocks, and the steps, runs and approvals to put in.

import { setBlockType, wrapIn } from "prosemirror-commands";
import type { Node } from "prosemirror-model";
import type { Command } from "prosemirror-state";
import { wrapInList } from "prosemirror-schema-list";
import { followerOf } from "../collab/follower";
import { questionsOf, type Question } from "../collab/runbookApi";
import type { Editor } from "../model/editor";
import type { RunDetails } from "../model/runs";
import type { Desk } from "./desk";
import { make, typeOf } from "./schema";

export interface Insertable {
  id: string;
  label: string;
  detail: string;
  group: "Text" | "Blocks" | "Steps" | "Runs" | "Approvals";
  icon: string;
  /** Searched, not shown. */
  words?: string;
  run: (desk: Desk) => void;
}

/** What lives elsewhere and can be shown; asked for when the menu opens. */
export interface Live {
  runs: readonly RunDetails[];
  questions: readonly Question[];
}

export const NOTHING_LIVE: Live = { runs: [], questions: [] };

export async function lookUp(editor: Editor): Promise<Live> {
  const [runs, questions] = await Promise.all([
    followerOf(editor).api.recent().catch(() => []),
    questionsOf(editor.boot).catch(() => []), // not for everybody
  ]);
  return { runs, questions };
}

const does =
  (command: Command) =>
  (desk: Desk): void => {
    desk.clearSlash();
    desk.run(command);
  };

export function newTable(rows = 3, columns = 3): Node {
  const row = (type: string) => make("table_row", null, Array.from({ length: columns }, () => make(type, null, make("paragraph"))));
  return make("table", null, [row("table_header"), ...Array.from({ length: rows - 1 }, () => row("table_cell"))]);
}

const BASIC: Insertable[] = [
  { id: "text", label: "Text", detail: "A plain paragraph", group: "Text", icon: "pilcrow", run: does(setBlockType(typeOf("paragraph"))) },
  ...[1, 2, 3].map((level): Insertable => ({
    id: `heading${level}`,
    label: `Heading ${level}`,
    detail: `${"#".repeat(level)} and a blank do the same`,
    group: "Text",
    icon: `heading-${level}`,
    words: `h${level} title`,
    run: does(setBlockType(typeOf("heading"), { level })),
  })),
  { id: "bullets", label: "List", detail: "- and a blank do the same", group: "Text", icon: "list", words: "bullet", run: does(wrapInList(typeOf("bullet_list"))) },
  { id: "numbers", label: "Numbered list", detail: "1. and a blank do the same", group: "Text", icon: "list-ordered", words: "ordered", run: does(wrapInList(typeOf("ordered_list"))) },
  { id: "checks", label: "Checklist", detail: "[] and a blank do the same", group: "Text", icon: "list-todo", words: "todo task", run: does(wrapInList(typeOf("check_list"))) },
  { id: "quote", label: "Quote", detail: "> and a blank do the same", group: "Text", icon: "text-quote", run: does(wrapIn(typeOf("blockquote"))) },
  { id: "code", label: "Code", detail: "Three backticks do the same", group: "Blocks", icon: "code", run: does(setBlockType(typeOf("code_block"))) },
  { id: "table", label: "Table", detail: "Three rows and columns to begin with", group: "Blocks", icon: "table", run: (desk) => desk.insert([newTable()]) },
  { id: "rule", label: "Line", detail: "Three dashes do the same", group: "Blocks", icon: "minus", words: "divider rule", run: (desk) => desk.insert([make("horizontal_rule")]) },
  { id: "picture", label: "Picture", detail: "PNG, JPEG, GIF or WebP up to 5 MiB", group: "Blocks", icon: "image", words: "image photo upload", run: (desk) => desk.pickPictures() },
];

/** Return what matches, in the order of the groups. */
export function matching(editor: Editor, live: Live, query: string): Insertable[] {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...BASIC, ...stepsOf(editor), ...runsOf(live), ...questionsIn(live)];
  return all.filter(({ label, detail, group, words: more = "" }) => {
    const text = `${label} ${group} ${words.length > 1 ? detail : ""} ${more}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function stepsOf({ store, types }: Editor): Insertable[] {
  return [...store.nodes.values()].map((step) => ({
    id: `step ${step.id}`,
    label: store.titleOf(step.id),
    detail: types.get(step.type)?.label ?? step.type,
    group: "Steps",
    icon: types.get(step.type)?.icon ?? "square",
    words: `step node ${step.id}`,
    run: (desk) => desk.insert([make("node_block", { node: step.id })]),
  }));
}

function runsOf({ runs }: Live): Insertable[] {
  return runs.map((run) => ({
    id: `run ${run.id}`,
    label: `Run ${run.id.slice(-6).toUpperCase()}`,
    detail: run.status.replace("_", " "),
    group: "Runs",
    icon: "activity",
    run: (desk) => desk.insert([make("run_block", { run: run.id })]),
  }));
}

function questionsIn({ questions }: Live): Insertable[] {
  return questions.map((question) => ({
    id: `approval ${question.id}`,
    label: question.title,
    detail: question.status,
    group: "Approvals",
    icon: "hand",
    words: "approval question",
    run: (desk) => desk.insert([make("approval_block", { approval: question.id })]),
  }));
}
