import { lift, setBlockType, toggleMark, wrapIn } from "prosemirror-commands";
import type { Command } from "prosemirror-state";
import { addColumnAfter, addRowAfter, deleteColumn, deleteRow, deleteTable, toggleHeaderRow } from "prosemirror-tables";
import { redo, undo } from "y-prosemirror";
import { useRef, useState } from "react";
import { useObservable } from "../model/hooks";
import { Icon } from "../parts/Icon";
import type { Desk, Look } from "./desk";
import { newTable } from "./insertables";
import { toggleList, type List } from "./lists";
import { markOf, typeOf } from "./schema";

interface Tool {
  id: string;
  label: string;
  icon: string;
  keys?: string;
  /** Where the tool can be on, whether it is. */
  on?: (look: Look) => boolean;
  off?: (look: Look) => boolean;
  run: (desk: Desk) => void;
}

const command = (wanted: Command) => (desk: Desk) => desk.run(wanted);
const mark = (name: string, label: string, icon: string, keys: string): Tool => ({
  id: name,
  label,
  icon,
  keys,
  on: ({ marks }) => marks.includes(name),
  run: command(toggleMark(markOf(name))),
});
const list = (kind: List, label: string, icon: string): Tool => ({
  id: kind,
  label,
  icon,
  on: ({ around }) => around.includes(kind),
  run: command(toggleList(kind)),
});
const heading = (level: number): Tool => ({
  id: `heading${level}`,
  label: `Heading ${level}`,
  icon: `heading-${level}`,
  keys: `Ctrl+Alt+${level}`,
  on: ({ block }) => block === `heading${level}`,
  run: (desk) => {
    const is = desk.look.value.block === `heading${level}`;
    desk.run(is ? setBlockType(typeOf("paragraph")) : setBlockType(typeOf("heading"), { level }));
  },
});

const TOOLS: readonly (readonly Tool[])[] = [
  [
    { id: "undo", label: "Undo", icon: "undo-2", keys: "Ctrl+Z", off: (look) => !look.undo, run: command(undo) },
    { id: "redo", label: "Redo", icon: "redo-2", keys: "Ctrl+Y", off: (look) => !look.redo, run: command(redo) },
  ],
  [heading(1), heading(2), heading(3)],
  [
    mark("strong", "Bold", "bold", "Ctrl+B"),
    mark("em", "Italic", "italic", "Ctrl+I"),
    mark("strike", "Struck through", "strikethrough", "Ctrl+Shift+X"),
    mark("code", "Code in a line", "code", "Ctrl+E"),
    { id: "link", label: "Link", icon: "link", keys: "Ctrl+Shift+K", on: ({ marks }) => marks.includes("link"), run: (desk) => void desk.options.onLink() },
  ],
  [list("bullet_list", "List", "list"), list("ordered_list", "Numbered list", "list-ordered"), list("check_list", "Checklist", "list-todo")],
  [
    {
      id: "blockquote",
      label: "Quote",
      icon: "text-quote",
      keys: "Ctrl+Shift+9",
      on: ({ around }) => around.includes("blockquote"),
      run: (desk) => desk.run(desk.look.value.around.includes("blockquote") ? lift : wrapIn(typeOf("blockquote"))),
    },
    {
      id: "code_block",
      label: "Block of code",
      icon: "file-code",
      on: ({ block }) => block === "code_block",
      run: (desk) => desk.run(setBlockType(typeOf(desk.look.value.block === "code_block" ? "paragraph" : "code_block"))),
    },
    { id: "table", label: "Table", icon: "table", off: ({ inTable }) => inTable, run: (desk) => desk.insert([newTable()]) },
    { id: "picture", label: "Picture", icon: "image", run: (desk) => desk.pickPictures() },
    { id: "insert", label: "Put in a step, run, approval, …", icon: "plus", keys: "/", run: (desk) => desk.openMenu() },
  ],
];

const TABLE_TOOLS: readonly Tool[] = [
  { id: "add-row", label: "Add a row below", icon: "rows-3", run: command(addRowAfter) },
  { id: "add-column", label: "Add a column after", icon: "panel-right", run: command(addColumnAfter) },
  { id: "head-row", label: "Headings in the first row", icon: "type", run: command(toggleHeaderRow) },
  { id: "delete-row", label: "Delete the row", icon: "minus", run: command(deleteRow) },
  { id: "delete-column", label: "Delete the column", icon: "panel-left-close", run: command(deleteColumn) },
  { id: "delete-table", label: "Delete the table", icon: "trash-2", run: command(deleteTable) },
];

/** What can be done with the text. One stop for the Tab key; arrows move between the tools. */
export function Toolbar({ desk }: { desk: Desk }) {
  const look = useObservable(desk.look);
  const bar = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState("undo");
  const groups = look.inTable ? [...TOOLS, TABLE_TOOLS] : TOOLS;
  const ids = groups.flat().map(({ id }) => id);
  const stop = ids.includes(current) ? current : ids[0];
  const move = (event: React.KeyboardEvent) => {
    const at = ids.indexOf(stop ?? "");
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + ids.length, Home: 0, End: ids.length - 1 }[event.key];
    const next = to === undefined ? undefined : ids[to % ids.length];
    if (next === undefined) return;
    event.preventDefault();
    setCurrent(next);
    bar.current?.querySelector<HTMLElement>(`[data-tool="${next}"]`)?.focus();
  };
  return (
    <div ref={bar} className="runbook-tools" role="toolbar" aria-label="Text of the runbook" aria-controls="runbook-text" onKeyDown={move}>
      {groups.map((group, index) => (
        <div key={index} className="tool-group">
          {group.map((tool) => (
            <button
              key={tool.id}
              type="button"
              className="tool"
              data-tool={tool.id}
              data-testid={`tool-${tool.id}`}
              tabIndex={tool.id === stop ? 0 : -1}
              aria-label={tool.label}
              title={tool.keys ? `${tool.label} (${tool.keys})` : tool.label}
              aria-pressed={tool.on ? tool.on(look) : undefined}
              aria-disabled={tool.off?.(look) || undefined}
              onFocus={() => setCurrent(tool.id)}
              onMouseDown={(event) => event.preventDefault() /* the text keeps what is selected */}
              onClick={() => !tool.off?.(look) && tool.run(desk)}
            >
              <Icon name={tool.icon} />
            </button>
          ))}
        </div>
      ))}
    </div>
  );
}
