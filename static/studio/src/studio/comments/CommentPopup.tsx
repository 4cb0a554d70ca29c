import { useCallback, useEffect, useRef } from "react";
import { discussionOf } from "../collab/discussion";
import { aboutWords, placeOf, spotOf, type Anchor, type Opened } from "../model/comments";
import { useEditor, useGraph, useObservable } from "../model/hooks";
import { Button, IconButton } from "../parts/Button";
import { Popup } from "../parts/Popup";
import { Composer } from "./Composer";
import { ThreadRow } from "./ThreadRow";
import { ThreadView } from "./ThreadView";

const WIDTH = 356; // of the popup and what is free around it

/** A thread beside what it is about, the threads of one step, or a new one; a sheet where room is scarce. */
export function CommentPopup() {
  const editor = useEditor();
  const { comments } = editor;
  const opened = useObservable(comments.opened);
  useObservable(comments.threads);
  useObservable(comments.unsent);
  const back = useRef<Element | null>(null);
  const close = useCallback(() => {
    comments.opened.set(null);
    const element = back.current;
    if (element instanceof HTMLElement && element.isConnected && element !== document.body) element.focus();
    else editor.view.focus();
  }, [comments, editor]);
  useEffect(() => {
    back.current = document.activeElement;
  }, []);
  const at = usePlace(opened);
  if (!opened) return null;
  const label = opened.kind === "new" ? "New comment" : "Comments";
  return (
    <Popup at={at} label={label} onClose={close} className="thread-popup">
      <div
        className="thread"
        data-testid="thread"
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") close();
        }}
      >
        <Inside opened={opened} onClose={close} />
      </div>
    </Popup>
  );
}

function Inside({ opened, onClose }: { opened: Opened; onClose: () => void }) {
  const editor = useEditor();
  const { comments } = editor;
  if (opened.kind === "new") return <NewThread opened={opened} onClose={onClose} />;
  if (opened.kind === "step") return <OfStep node={opened.node} onClose={onClose} />;
  const thread = comments.all().find(({ id }) => id === opened.id);
  if (!thread) return <p className="panel-hint" role="status">Loading…</p>;
  return <ThreadView key={thread.id} thread={thread} onClose={onClose} />;
}

function NewThread({ opened, onClose }: { opened: Extract<Opened, { kind: "new" }>; onClose: () => void }) {
  const editor = useEditor();
  return (
    <>
      <header className="thread-head">
        <h2 className="truncate">{aboutWords(opened.anchor, editor.store)}</h2>
        <span className="spring" />
        <IconButton icon="x" label="Close the comments" onClick={onClose} />
      </header>
      <Composer
        label="Write a comment"
        send="Comment"
        place={placeOf(opened)}
        autoFocus
        onSend={(text, mentions) => discussionOf(editor).say(opened, text, mentions)}
        onCancel={onClose}
      />
    </>
  );
}

function OfStep({ node, onClose }: { node: string; onClose: () => void }) {
  const editor = useEditor();
  const { comments, store } = editor;
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => list.current?.querySelector("button")?.focus(), []);
  return (
    <>
      <header className="thread-head">
        <h2 className="truncate">{store.titleOf(node)}</h2>
        <span className="spring" />
        <IconButton icon="x" label="Close the comments" onClick={onClose} />
      </header>
      <ul ref={list} className="thread-list">
        {comments.ofStep(node).map((thread) => (
          <ThreadRow key={thread.id} thread={thread} onChoose={() => comments.opened.set({ kind: "thread", id: thread.id })} />
        ))}
      </ul>
      {editor.boot.permissions.comment && (
        <p className="thread-foot">
          <Button icon="plus" onClick={() => comments.opened.set({ kind: "new", anchor: { node, field: "", at: null } })}>
            New thread
          </Button>
        </p>
      )}
    </>
  );
}

/** Where the popup is: at the thread's place, also while the canvas moves under it. */
function usePlace(opened: Opened | null): readonly [number, number] {
  const { comments, store, view } = useEditor();
  useGraph();
  const { x, y, zoom } = useObservable(view.viewport);
  const anchor = opened && anchorOf(opened);
  const spot = anchor && spotOf(anchor, store);
  const [left, top] = view.origin();
  const most = left + view.size.value.width - WIDTH; // the settings at the right stay in sight
  const beside = spot ? left + x + spot[0] * zoom + 20 : most;
  const height = (anchor?.node && store.boxOf(anchor.node)?.height) || 0;
  // Where there is no room beside a step, it goes below: what it is about is never covered.
  const px = Math.min(beside, most);
  const py = spot ? top + y + spot[1] * zoom + (beside > most ? height * zoom + 12 : -14) : top + 24;
  const last = useRef<readonly [number, number]>([px, py]);
  if (last.current[0] !== px || last.current[1] !== py) last.current = [px, py];
  return last.current;

  function anchorOf(what: Opened): Anchor {
    if (what.kind === "new") return what.anchor;
    const node = what.kind === "step" ? what.node : "";
    const thread = what.kind === "thread" ? comments.all().find(({ id }) => id === what.id) : undefined;
    return thread ?? { node, field: "", at: null };
  }
}
