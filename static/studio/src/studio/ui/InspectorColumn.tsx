import { useEffect, useRef, useState } from "react";
import { useEditor, useObservable, useSelectedEdge, useSingle } from "../model/hooks";
import { MOST_WIDTH } from "../model/panels";
import { IconButton } from "../parts/Button";
import { fetchWithParts, lazily } from "../parts/lazily";

const Inspector = lazily(async () => (await import("../inspector/Inspector")).Inspector);
const EdgeSettings = lazily(async () => (await import("./EdgeSettings")).EdgeSettings);
const NoteSettings = lazily(async () => (await import("./NoteSettings")).NoteSettings);

fetchWithParts(() => import("../parts/textEditor")); // also for who loses the connection

const KEY = "auterity-inspector-width";
const LEAST = 300;
const FIELDS = "input:not([type=hidden]), textarea, select, [contenteditable], [role=tab]";

/** The right column: the settings of the selected step or connection. Drag or use arrows to resize. */
export function InspectorColumn() {
  const editor = useEditor();
  const { panels, store } = editor;
  const open = useObservable(panels.inspector);
  const single = useSingle();
  const edge = useSelectedEdge();
  const asked = useObservable(panels.inspectorFocus);
  useState(() => panels.inspectorWidth.set(clamped(Number(localStorage.getItem(KEY)) || panels.inspectorWidth.value)));
  const width = useObservable(panels.inspectorWidth);
  useEffect(() => localStorage.setItem(KEY, String(width)), [width]);
  const column = useRef<HTMLElement>(null);
  const step = single !== null && store.nodes.has(single);
  const heard = useRef(asked); // a wish of before this column came is none any more
  useEffect(() => {
    if (asked === heard.current) return;
    heard.current = asked;
    return column.current ? focusFirst(column.current) : undefined;
  }, [asked]);
  const note = single !== null && store.notes.has(single) ? single : null;
  if (!open || (!step && !edge && !note)) return null;
  const resize = (next: number) => panels.inspectorWidth.set(clamped(next));
  return (
    <aside
      ref={column}
      className="inspector"
      aria-label={`Settings of the ${step ? "step" : note ? "note" : "connection"}`}
      data-testid="inspector"
      tabIndex={-1}
      style={{ "--inspector-width": `${width}px` } as React.CSSProperties}
    >
      <div
        className="splitter"
        role="separator"
        aria-orientation="vertical"
        aria-label="Width of the settings"
        aria-valuenow={width}
        aria-valuemin={LEAST}
        aria-valuemax={MOST_WIDTH}
        tabIndex={0}
        onKeyDown={(event) => {
          const by = { ArrowLeft: 20, ArrowRight: -20 }[event.key];
          if (by) resize(width + by);
        }}
        onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
        onPointerMove={(event) => event.buttons && resize(innerWidth - event.clientX)}
      />
      <IconButton
        icon="x"
        label="Close the settings"
        className="inspector-close"
        onClick={() => {
          panels.inspector.set(false);
          editor.view.focus();
        }}
      />
      {step ? <Inspector /> : note ? <NoteSettings id={note} /> : <EdgeSettings />}
    </aside>
  );
}

/** Give the keyboard to the first field, as soon as there is one: what is shown may be on its way. */
function focusFirst(column: HTMLElement): () => void {
  const focused = () => {
    // A finger that only wants to read is not answered with a keyboard over half of the screen.
    const field = matchMedia("(pointer: coarse)").matches ? column : column.querySelector<HTMLElement>(FIELDS);
    field?.focus();
    return field !== null;
  };
  if (focused()) return () => undefined;
  column.focus();
  const watch = new MutationObserver(() => {
    if (document.activeElement !== column || focused()) watch.disconnect();
  });
  watch.observe(column, { childList: true, subtree: true });
  return () => watch.disconnect();
}

function clamped(width: number): number {
  return Math.min(MOST_WIDTH, Math.max(LEAST, width));
}
