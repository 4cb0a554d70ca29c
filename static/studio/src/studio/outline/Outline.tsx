import { defaultRangeExtractor, useVirtualizer, type Range, type Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import * as actions from "../model/actions";
import { topological } from "../model/graph";
import { useEditor, useGraph, useObservable, useProblems, useSingle } from "../model/hooks";
import { nested } from "../model/nesting";
import { rowsOf, stepped, type Row } from "../model/outline";
import { Button, IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { Menu } from "../parts/Menu";
import { OutlineRow } from "./OutlineRow";
import { stepItems } from "./stepItems";

const USUAL_HEIGHT = 82;
const BESIDE = 8; // rows that are kept above and below what is seen

/** Every step in words, in the order of the connections: the canvas for readers and narrow screens. */
export function Outline() {
  const editor = useEditor();
  const revision = useGraph();
  const problems = useProblems();
  const [query, setQuery] = useState("");
  const tree = useMemo(() => nested(editor.store, topological(editor.store)), [editor, revision]);
  const rows = useMemo(() => rowsOf(editor, tree, query), [editor, tree, query, problems]);
  const { size } = editor.store.nodes;
  const all = size === 1 ? "1 step" : `${size} steps`;
  return (
    <div className="outline-panel">
      <div className="outline-head">
        <span className="quiet" role="status" data-testid="outline-count">
          {rows.length === size ? all : `${rows.length} of ${all}`}
        </span>
        {!editor.readOnly && (
          <span className="outline-tools">
            <Undoing />
            <AddStep last={tree.at(-1)?.id} />
          </span>
        )}
      </div>
      {size > 0 && (
        <div className="search-field">
          <Icon name="search" />
          <input
            type="search"
            className="search-input"
            aria-label="Filter the steps"
            placeholder="Filter by name, type or problem"
            value={query}
            onChange={(event) => setQuery(event.target.value)}
            data-testid="outline-filter"
          />
        </div>
      )}
      {!size && <p className="panel-hint">There are no steps yet. Add the first one.</p>}
      {size > 0 && !rows.length && <p className="panel-hint">No step matches “{query}”.</p>}
      <Rows rows={rows} />
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
  const press = (event: React.KeyboardEvent) => {
    const next = stepped(rows, at, event.key);
    const row = next === null ? undefined : rows[next];
    if (next === null || !row || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    wanted.current = row.id;
    setActive(row.id);
    list.scrollToIndex(next);
  };
  return (
    <div ref={scroller} className="outline-scroll">
      <div
        role="treegrid"
        className="outline"
        aria-label="Steps in order"
        aria-rowcount={rows.length}
        style={{ height: list.getTotalSize() }}
        onKeyDown={press}
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
      {menu && (
        <Menu at={menu.at} label={editor.store.titleOf(menu.id)} onClose={() => setMenu(null)} items={stepItems(editor, menu.id, menu.at)} />
      )}
    </div>
  );
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
