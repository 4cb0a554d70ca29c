import { defaultRangeExtractor, useVirtualizer, type Range, type Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import * as actions from "../model/actions";
import type { Editor } from "../model/editor";
import { topological } from "../model/graph";
import { groupSelection } from "../model/groups";
import { useEditor, useGraph, useObservable, useProblems, useSelection, useSingle } from "../model/hooks";
import { bindings, nameOf, type Press } from "../model/keys";
import { nested } from "../model/nesting";
import { extendTo, rowName, rowsOf, stepped, toggleRow, type Row } from "../model/outline";
import { counted } from "../model/summary";
import { Button, IconButton } from "../parts/Button";
import { pasteFromClipboard } from "../parts/clipboard";
import { Icon } from "../parts/Icon";
import { layoutOnCanvas } from "../parts/layout";
import { Menu, type MenuItem } from "../parts/Menu";
import { selectionItems } from "../parts/selectionItems";
import { useClipboard } from "../parts/useClipboard";
import { noteItems } from "./noteItems";
import { opened } from "./opened";
import { OutlineRow } from "./OutlineRow";
import { stepItems } from "./stepItems";

const USUAL_HEIGHT = 82;
const BESIDE = 8; // rows that are kept above and below what is seen
/** Keys of the canvas that mean the same here. */
const SHARED: ReadonlySet<string> = new Set(["Ctrl+D", "Delete", "Backspace"]);
const KEYS = bindings({ layout: layoutOnCanvas }).filter(({ keys }) => SHARED.has(keys));
const inOutline = (outline: Element, active: Element | null) => outline.contains(active);

/** Everything on the canvas in words, steps in the order of the connections: for readers and narrow screens. */
export function Outline() {
  const editor = useEditor();
  const revision = useGraph();
  const problems = useProblems();
  const [query, setQuery] = useState("");
  const tree = useMemo(() => nested(editor.store, topological(editor.store)), [editor, revision]);
  const rows = useMemo(() => rowsOf(editor, tree, query), [editor, tree, query, problems]);
  const { nodes, notes } = editor.store;
  const size = nodes.size + notes.size;
  return (
    <div className="outline-panel">
      <div className="outline-head">
        <Count rows={rows} all={query ? size : null} />
        {!editor.readOnly && (
          <span className="outline-tools">
            <Undoing />
            <IconButton icon="clipboard-paste" label="Paste" data-testid="outline-paste" onClick={() => void pasteFromClipboard(editor)} />
            <IconButton icon="sticky-note" label="Add a note" data-testid="outline-add-note" onClick={() => opened(editor, actions.addNote(editor))} />
            <AddStep last={tree.at(-1)?.id} />
          </span>
        )}
      </div>
      <Selected />
      {size > 0 && (
        <div className="search-field">
          <Icon name="search" />
          <input
            type="search"
            className="search-input"
            aria-label="Filter the outline"
            placeholder="Filter by name, type or problem"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            data-testid="outline-filter"
          />
        </div>
      )}
      {!nodes.size && <p className="panel-hint">There are no steps yet. Add the first one.</p>}
      {size > 0 && !rows.length && <p className="panel-hint">Nothing matches “{query}”.</p>}
      <Rows rows={rows} />
    </div>
  );
}

/** How much there is, and how much of it a filter leaves. */
function Count({ rows, all }: { rows: readonly Row[]; all: number | null }) {
  const { store } = useEditor();
  const notes = [...store.notes.values()];
  const groups = notes.filter(({ group }) => group).length;
  const parts = [
    counted(store.nodes.size, "steps"),
    ...(groups ? [counted(groups, "groups")] : []),
    ...(notes.length > groups ? [counted(notes.length - groups, "notes")] : []),
  ];
  return (
    <span className="quiet" role="status" data-testid="outline-count">
      {all === null ? parts.join(", ") : `${rows.length} of ${all}`}
    </span>
  );
}

/** Several are selected: what can be done with them together. */
function Selected() {
  const editor = useEditor();
  const { size } = useSelection();
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  if (size < 2) return null;
  const label = `${size} selected`;
  return (
    <div className="outline-selected" role="toolbar" aria-label="Selection" data-testid="outline-selected">
      <span>{label}</span>
      <Button
        icon="ellipsis"
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          setAt([left, bottom + 4]);
        }}
      >
        Do with them
      </Button>
      <IconButton icon="x" label="Select none" onClick={() => editor.selection.set([])} />
      {at && <Menu at={at} label={label} onClose={() => setAt(null)} items={selectionItems(editor, () => opened(editor, groupSelection(editor)))} />}
    </div>
  );
}

/** Where there is no canvas there are no keys either: what was deleted here comes back here. */
function Undoing() {
  const editor = useEditor();
  const { undo, redo } = useObservable(editor.undoState);
  return (
    <>
      <IconButton icon="undo-2" label="Undo (Ctrl+Z)" disabled={!undo} data-testid="outline-undo" onClick={() => editor.undo()} />
      <IconButton icon="redo-2" label="Redo (Ctrl+Y)" disabled={!redo} data-testid="outline-redo" onClick={() => editor.redo()} />
    </>
  );
}

function AddStep({ last }: { last: string | undefined }) {
  const editor = useEditor();
  return (
    <Button
      icon="plus"
      onClick={(event) => {
        const { left, bottom } = event.currentTarget.getBoundingClientRect();
        const from = last === undefined ? undefined : actions.openOutput(editor, last);
        editor.panels.picker.set({ screen: [left, bottom + 4], ...(from ? { from } : {}) });
      }}
    >
      Add step
    </Button>
  );
}

/** The rows that are seen, however many there are; arrows go through all of them. */
function Rows({ rows }: { rows: readonly Row[] }) {
  const editor = useEditor();
  const single = useSingle();
  const [active, setActive] = useState<string | null>(null);
  const [menu, setMenu] = useState<{ id: string; at: readonly [number, number] } | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const at = Math.max(0, rows.findIndex(({ id }) => id === (active ?? single)));
  const list = useRows(rows, at, scroller);
  const wanted = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (wanted.current === null) return;
    document.getElementById(`outline-${wanted.current}`)?.focus({ preventScroll: true });
    wanted.current = null;
  });
  useEffect(() => {
    const own = { focus: () => scroller.current?.querySelector<HTMLElement>(".outline-step[tabindex='0']")?.focus() };
    const { view } = editor;
    view.outline ??= own; // of two it is the one in the canvas's place, which is there first
    return () => {
      if (view.outline === own) view.outline = null;
    };
  }, [editor]);
  useClipboard(scroller, inOutline);
  const help = useId();
  const goTo = (index: number) => {
    const row = rows[index];
    if (!row) return;
    wanted.current = row.id;
    setActive(row.id);
    list.scrollToIndex(index);
  };
  const press = (event: React.KeyboardEvent) => {
    const own = rows[at]?.id;
    const next = stepped(rows, at, event.key);
    const row = next === null ? undefined : rows[next];
    const keys = nameOf(event);
    if (own === undefined) return;
    if (keys === "Ctrl+A") editor.selection.set(rows.map(({ id }) => id));
    else if (keys === "Space" && isStep(event.target)) toggleRow(editor, own);
    else if (next !== null && row && !event.ctrlKey && !event.metaKey && !event.altKey) {
      if (event.shiftKey && next !== at) extendTo(editor, own, row.id);
      goTo(next);
    } else if (keys === "Ctrl+G") opened(editor, groupSelection(editor));
    else if (!shared(editor, own, keys, event)) return;
    else if (keys !== "Ctrl+D") goTo(nearestLeft(editor, rows, at));
    event.preventDefault();
  };
  return (
    <div ref={scroller} className="outline-scroll">
      <div
        role="treegrid"
        className="outline"
        aria-label="Steps in order, groups and notes"
        aria-describedby={help}
        aria-multiselectable
        aria-rowcount={rows.length}
        style={{ height: list.getTotalSize() }}
        onKeyDown={press}
        // A button is pressed by the end of a space, which selects here.
        onKeyUp={(event) => event.key === " " && isStep(event.target) && event.preventDefault()}
        data-testid="outline"
      >
        {list.getVirtualItems().map(({ index, start }) => {
          const row = rows[index];
          return (
            row && (
              <OutlineRow
                key={row.id}
                row={row}
                index={index}
                start={start}
                active={index === at}
                measure={list.measureElement}
                onFocus={() => setActive(row.id)}
                onMenu={(place) => setMenu({ id: row.id, at: place })}
              />
            )
          );
        })}
      </div>
      <p id={help} className="visually-hidden">
        Enter opens the settings, Space selects, Shift with up or down selects more, Ctrl+A selects all.
      </p>
      {menu && <Menu at={menu.at} label={rowName(editor, menu.id)} onClose={() => setMenu(null)} items={itemsOf(editor, menu.id, menu.at)} />}
    </div>
  );
}

/** Of a row among several selected ones, what concerns them all. */
function itemsOf(editor: Editor, id: string, at: readonly [number, number]): MenuItem[] {
  const { selection, store } = editor;
  if (selection.has(id) && selection.ids.size > 1) return selectionItems(editor, () => opened(editor, groupSelection(editor)));
  const note = store.notes.get(id);
  return note ? noteItems(editor, note) : stepItems(editor, id, at);
}

/** Return the row that the keyboard goes on from after a deletion. */
function nearestLeft({ store }: Editor, rows: readonly Row[], at: number): number {
  const left = (row: Row) => store.nodes.has(row.id) || store.notes.has(row.id);
  const before = rows.slice(0, at + 1).findLastIndex(left);
  return before < 0 ? rows.findIndex(left) : before;
}

const isStep = (target: EventTarget) => target instanceof Element && target.classList.contains("outline-step");

/** Do what a key does on the canvas, with the row or with all that it is selected with; tell whether it does anything. */
function shared(editor: Editor, id: string, keys: string, press: Press): boolean {
  const binding = KEYS.find((each) => each.keys === keys);
  if (!binding || editor.readOnly) return false;
  if (!editor.selection.has(id)) editor.selection.set([id]);
  binding.run(editor, press);
  return true;
}

type List = Virtualizer<HTMLDivElement, HTMLDivElement>;

/** The row that the keyboard is at stays, also where it is not seen. */
function useRows(rows: readonly Row[], at: number, scroller: React.RefObject<HTMLDivElement | null>): List {
  const withActive = useCallback(
    (range: Range) => {
      const seen = defaultRangeExtractor(range);
      return at >= rows.length || seen.includes(at) ? seen : [...seen, at].sort((a, b) => a - b);
    },
    [at, rows.length],
  );
  return useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => USUAL_HEIGHT,
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: BESIDE,
    rangeExtractor: withActive,
  });
}
