import { useState } from "react";
import { access, glimpse } from "../model/expressions";
import { useEditor } from "../model/hooks";
import { isObject, type Json, type JsonObject } from "../model/json";
import { isWithheld, readableValue } from "../model/withheld";
import { IconButton } from "./Button";
import { Icon } from "./Icon";
import { Markdown } from "./Markdown";

type View = "tree" | "table" | "json" | "markdown";
const WORDS: Record<View, string> = { tree: "Fields", table: "Table", json: "JSON", markdown: "Text" };
const ROWS = 100;
const CHILDREN = 200;
const OPEN_DEPTH = 2;

/** How an expression dragged from the data into a field travels. */
export const EXPRESSION = "application/x-auterity-expression";

interface Props {
  value: Json;
  label: string;
  /** The path of the value in expressions, where it has one: its parts can then be dragged and copied. */
  path?: string | undefined;
  testId?: string;
}

/** A value of a run: by its fields, as a table, as JSON, or as the text that it is. */
export function DataView({ value: stored, label, path, testId }: Props) {
  const value = readableValue(stored);
  const views = viewsFor(value);
  const [chosen, choose] = useState<View | null>(null);
  const view = chosen && views.includes(chosen) ? chosen : (views[0] ?? "json");
  return (
    <section className="data" aria-label={label}>
      <header className="data-head">
        <h3>{label}</h3>
        <div className="segmented" role="group" aria-label={`View of ${label.toLowerCase()}`}>
          {views.map((each) => (
            <button
              key={each}
              type="button"
              aria-pressed={each === view}
              onClick={() => choose(each)}
            >
              {WORDS[each]}
            </button>
          ))}
        </div>
        <CopyButton text={textOf(value)} label={`Copy ${label.toLowerCase()}`} />
      </header>
      <div className="data-body" {...(testId ? { "data-testid": testId } : {})}>
        {view === "tree" && <Tree value={value} path={path} depth={0} />}
        {view === "table" && <DataTable rows={rowsOf(value)} label={label} />}
        {view === "json" && <pre className="data-json">{JSON.stringify(value, null, 2)}</pre>}
        {view === "markdown" && <Markdown text={longestText(value)} />}
      </div>
      {isWithheld(stored) && <p className="quiet">What stands in brackets is withheld. The page of the run shows it to whoever may see it.</p>}
    </section>
  );
}

function viewsFor(value: Json): View[] {
  if (typeof value === "string") return ["markdown", "json"];
  const views: View[] = typeof value === "object" && value !== null ? ["tree"] : [];
  if (rowsOf(value).length) views.push("table");
  if (longestText(value)) views.push("markdown");
  return [...views, "json"];
}

/** Return the rows of a list of objects, the value itself or its only such field. */
function rowsOf(value: Json): JsonObject[] {
  if (Array.isArray(value)) return value.length && value.every(isObject) ? (value as JsonObject[]) : [];
  if (!isObject(value)) return [];
  const lists = Object.values(value).map((each) => (Array.isArray(each) ? rowsOf(each) : []));
  const filled = lists.filter((list) => list.length);
  return filled.length === 1 ? (filled[0] ?? []) : [];
}

/** Return a text worth reading as one: the value itself or its longest field with more than a line. */
function longestText(value: Json): string {
  if (typeof value === "string") return value;
  if (!isObject(value)) return "";
  const texts = Object.values(value).filter((each) => typeof each === "string");
  const longest = texts.toSorted((a, b) => b.length - a.length)[0] ?? "";
  return longest.length > 80 || longest.includes("\n") ? longest : "";
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const editor = useEditor();
  const [done, setDone] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      editor.say("The browser does not allow copying here. Select the text and press Ctrl+C.", "bad");
      return;
    }
    setDone(true);
    editor.announcer.say("Copied");
    setTimeout(() => setDone(false), 1500);
  };
  return <IconButton icon={done ? "check" : "copy"} label={done ? "Copied" : label} onClick={() => void copy()} />;
}

function DataTable({ rows, label }: { rows: readonly JsonObject[]; label: string }) {
  const columns = [...new Set(rows.slice(0, ROWS).flatMap((row) => Object.keys(row)))];
  return (
    <div className="data-scroll" role="region" aria-label={`${label} as a table`} tabIndex={0}>
      <table className="data-table">
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS).map((row, index) => (
            <tr key={index}>
              {columns.map((column) => (
                <td key={column}>{cell(row[column])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > ROWS && <p className="quiet">{`The first ${ROWS} of ${rows.length} rows.`}</p>}
    </div>
  );
}

function cell(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? glimpse(value) : String(value);
}

interface TreeProps {
  value: Json;
  path: string | undefined;
  depth: number;
}

function Tree({ value, path, depth }: TreeProps) {
  const entries: [string | number, Json][] = Array.isArray(value)
    ? value.map((each, index) => [index, each])
    : isObject(value)
      ? Object.entries(value)
      : [];
  if (!entries.length) return <p className="quiet">{Array.isArray(value) ? "An empty list" : "Nothing in it"}</p>;
  return (
    <ul className="tree">
      {entries.slice(0, CHILDREN).map(([key, each]) => (
        <Branch key={key} name={key} value={each} path={path && path + access(key)} depth={depth} />
      ))}
      {entries.length > CHILDREN && <li className="quiet">{`${entries.length - CHILDREN} more, see JSON`}</li>}
    </ul>
  );
}

function Branch({ name, value, path, depth }: TreeProps & { name: string | number }) {
  const nested = typeof value === "object" && value !== null && glimpse(value) !== "{  }";
  const [open, setOpen] = useState(depth < OPEN_DEPTH - 1);
  return (
    <li>
      <div
        className="tree-row"
        draggable={path !== undefined}
        onDragStart={(event) => {
          if (!path) return;
          event.stopPropagation();
          event.dataTransfer.setData(EXPRESSION, path);
          event.dataTransfer.setData("text/plain", `{{ ${path} }}`);
          event.dataTransfer.effectAllowed = "copy";
        }}
      >
        {nested ? (
          <button
            type="button"
            className="tree-toggle"
            aria-expanded={open}
            aria-label={`${open ? "Close" : "Open"} ${name}`}
            onClick={() => setOpen(!open)}
          >
            <Icon name={open ? "chevron-down" : "chevron-right"} size={14} />
          </button>
        ) : (
          <span className="tree-toggle" />
        )}
        <span className="tree-key">{name}</span>
        <span className={`tree-value tree-${kindOf(value)}`}>{spoken(value)}</span>
        {path && <CopyButton text={`{{ ${path} }}`} label={`Copy the path of ${name}`} />}
      </div>
      {nested && open && <Tree value={value} path={path} depth={depth + 1} />}
    </li>
  );
}

function spoken(value: Json): string {
  if (value === null) return "null";
  if (value === "") return "empty text";
  return glimpse(value);
}

function kindOf(value: Json): string {
  return value === null ? "null" : Array.isArray(value) ? "list" : typeof value;
}
