import { useLayoutEffect, useMemo, useRef } from "react";
import { commentWords, inSight, PIN, pinsOf, type Pin } from "../model/comments";
import { useEditor, useGraph, useObservable } from "../model/hooks";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import type { Drag } from "./lod";

/** Signs of what is said on the canvas, at any zoom; where they are many the painter draws them. */
export function CommentPins({ drag }: { drag: Drag | null }) {
  const editor = useEditor();
  const { comments, store, view } = editor;
  const layer = useRef<HTMLDivElement>(null);
  const threads = useObservable(comments.threads);
  const unsent = useObservable(comments.unsent);
  const opened = useObservable(comments.opened);
  const viewport = useObservable(view.viewport);
  const revision = useGraph();
  const pins = useMemo(() => pinsOf(comments, store), [comments, store, threads, unsent, revision]);
  const { pins: seen, painted } = inSight(pins, view.seen(PIN / viewport.zoom));
  useLayoutEffect(() => {
    const { x, y, zoom } = viewport;
    layer.current?.style.setProperty("transform", `translate(${x}px, ${y}px) scale(${zoom})`);
    layer.current?.style.setProperty("--unzoom", String(1 / zoom));
  }, [viewport, seen.length]);
  const real = painted ? seen.filter((pin) => isOpen(pin)) : seen;
  if (!real.length) return null;
  return (
    <div ref={layer} className="pins" data-testid="comment-pins">
      {real.map((pin) => (
        <PinButton key={pin.key} pin={pin} open={isOpen(pin)} offset={drag?.ids.has(pin.node) ? drag.offset : NOT_MOVED} />
      ))}
    </div>
  );

  function isOpen({ node, threads: own }: Pin): boolean {
    if (opened?.kind === "step") return opened.node === node;
    return opened?.kind === "thread" && own.some(({ id }) => id === opened.id);
  }
}

const NOT_MOVED = [0, 0] as const;

/** What a press means now, while a place for a comment is chosen. */
export function Placing() {
  const { comments } = useEditor();
  return (
    <p className="placing" role="status">
      Press a step or a place to comment on it
      <Button look="quiet" hint="Esc" onClick={() => comments.placing.set(false)}>
        Cancel
      </Button>
    </p>
  );
}

function PinButton({ pin, open, offset }: { pin: Pin; open: boolean; offset: readonly [number, number] }) {
  const { comments, store } = useEditor();
  const [x, y] = [pin.at[0] + offset[0], pin.at[1] + offset[1]];
  return (
    <button
      type="button"
      className="comment-pin"
      tabIndex={-1} // the canvas is one stop; keys reach comments by the step, the panel and the outline
      aria-label={pinWords(pin, pin.node ? store.titleOf(pin.node) : "a place on the canvas")}
      data-testid="comment-pin"
      data-node={pin.node || undefined}
      data-open={open || undefined}
      data-unread={pin.unread > 0 || undefined}
      style={{ transform: `translate(${x}px, ${y}px) scale(var(--unzoom))` }}
      onPointerDown={(event) => event.stopPropagation()}
      onContextMenu={(event) => event.stopPropagation()}
      onClick={() => comments.openPin(pin)}
    >
      <Icon name="message-square" size={14} />
      <span className="mono">{pin.count}</span>
    </button>
  );
}

function pinWords({ count, unread }: Pin, where: string): string {
  return `${commentWords(count)} on ${where}${unread ? `, ${unread} unread` : ""}`;
}
