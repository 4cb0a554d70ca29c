import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useEditor, useGraph, useObservable, usePeers, usePeople } from "../model/hooks";
import { fieldWords } from "../model/fields";
import { selectionOf, type Peer } from "../model/presence";
import { colourOf } from "../parts/Avatar";
import { Button } from "../parts/Button";
import type { Drag } from "./lod";

const FADES = 8_000;
const VANISHES = 30_000;

interface Props {
  /** The canvas: where this person's own pointer is looked for. */
  root: React.RefObject<HTMLElement | null>;
  drag: Drag | null;
}

/** The others on the canvas: cursors, what they selected, and where that goes while they drag it. */
export function Peers({ root, drag }: Props) {
  const editor = useEditor();
  const { presence, view } = editor;
  const layer = useRef<HTMLDivElement>(null);
  const peers = usePeers().filter(({ user }) => user.id !== presence.self.id);
  useGraph(); // boxes move
  useOwnPlace(root, drag);
  useFollowing(root, peers);
  const now = useClock(peers.some(({ cursor }) => cursor));
  useLayoutEffect(() => {
    const place = () => {
      const { x, y, zoom } = view.viewport.value;
      layer.current?.style.setProperty("transform", `translate(${x}px, ${y}px) scale(${zoom})`);
      layer.current?.style.setProperty("--unzoom", String(1 / zoom));
    };
    place();
    return view.viewport.on(place);
  }, [view, peers.length]);
  if (!peers.length) return null;
  return (
    <>
      <div ref={layer} className="peers" aria-hidden="true" data-testid="peers">
        {peers.map((peer) => (
          <Selected key={`s ${peer.client}`} peer={peer} />
        ))}
        {peers.map((peer) => (
          <Cursor key={`c ${peer.client}`} peer={peer} age={now - peer.moved} />
        ))}
      </div>
      <Following />
    </>
  );
}

/** What somebody selected, with their name; shifted while they drag it. */
function Selected({ peer }: { peer: Peer }) {
  const { store } = useEditor();
  const { dx, dy } = peer.drag ?? { dx: 0, dy: 0 };
  const boxes = peer.sel.flatMap((id) => {
    const box = store.boxOf(id);
    return box ? [{ id, box }] : [];
  });
  if (peer.box) {
    const [x, y, width, height] = peer.box;
    boxes.push({ id: "all", box: { x, y, width, height } });
  }
  return boxes.map(({ id, box }, index) => (
    <div
      key={id}
      className="peer-box"
      data-testid="peer-selection"
      data-dragged={peer.drag ? true : undefined}
      style={{
        ...colourOf(peer.user),
        transform: `translate(${box.x + dx}px, ${box.y + dy}px)`,
        width: box.width,
        height: box.height,
      }}
    >
      {index === 0 && <Name peer={peer} />}
    </div>
  ));
}

/** Somebody's name, and the field that they write in. */
function Name({ peer: { user, field } }: { peer: Peer }) {
  const { store, types } = useEditor();
  const [id = "", key = ""] = field?.split("/") ?? [];
  const type = types.get(store.nodes.get(id)?.type ?? "");
  return <span className="peer-name">{type && key ? `${user.name} · ${fieldWords(type, key)}` : user.name}</span>;
}

function Cursor({ peer, age }: { peer: Peer; age: number }) {
  if (!peer.cursor || age > VANISHES) return null;
  const [x, y] = peer.cursor;
  return (
    <div
      className="peer-cursor"
      data-testid="peer-cursor"
      data-faded={age > FADES || undefined}
      style={{ ...colourOf(peer.user), transform: `translate(${x}px, ${y}px) scale(var(--unzoom))` }}
    >
      <svg width="14" height="18" viewBox="0 0 14 18">
        <path d="M1 1v14l3.8-3.4 2.4 5.4 2.2-1-2.4-5.3H13z" />
      </svg>
      <span className="peer-name">{peer.user.name}</span>
    </div>
  );
}

/** Who is followed, and how to stop. */
function Following() {
  const { presence } = useEditor();
  const id = useObservable(presence.following);
  const person = usePeople().find((each) => each.id === id);
  if (!person) return null;
  return (
    <div className="following" style={colourOf(person)} data-testid="following">
      <p className="following-note">
        Following {person.name}
        <Button look="quiet" onClick={() => presence.follow(null)}>
          Stop
        </Button>
      </p>
    </div>
  );
}

/** Show to the others where this person's pointer is, and what they drag. */
function useOwnPlace(root: Props["root"], drag: Drag | null): void {
  const { presence, selection, store, view } = useEditor();
  useEffect(() => {
    const element = root.current;
    const move = (event: PointerEvent) => {
      const [x, y] = view.at(event.clientX, event.clientY);
      presence.show({ cursor: [Math.round(x), Math.round(y)] });
    };
    const leave = () => presence.show({ cursor: null });
    element?.addEventListener("pointermove", move);
    element?.addEventListener("pointerleave", leave);
    return () => {
      element?.removeEventListener("pointermove", move);
      element?.removeEventListener("pointerleave", leave);
    };
  }, [root, presence, view]);
  useEffect(() => {
    const [dx, dy] = drag?.offset ?? [0, 0];
    const moving = drag && (dx || dy);
    // What is dragged need not be selected: others see it move all the same.
    if (moving) presence.show({ drag: { dx, dy }, ...selectionOf(drag.ids, store) });
    else presence.show({ drag: null, ...selectionOf(selection.ids, store) });
  }, [drag, presence, selection, store]);
}

/** Keep the followed person's place in view, until this person moves the canvas themselves. */
function useFollowing(root: Props["root"], peers: readonly Peer[]): void {
  const { presence, view, store } = useEditor();
  const id = useObservable(presence.following);
  useEffect(() => {
    const peer = id === null ? undefined : presence.latest(id);
    const box = peer && store.grid.bounds(peer.sel);
    const place = peer?.cursor ?? (peer?.sel.length && box ? ([box.x + box.width / 2, box.y + box.height / 2] as const) : null);
    if (place) view.camera?.follow(place);
  }, [id, peers, presence, store, view]);
  useEffect(() => {
    const element = root.current;
    if (id === null || !element) return;
    const stop = () => presence.following.set(null);
    const press = (event: Event) => {
      if (!(event.target instanceof Element && event.target.closest(".following"))) stop();
    };
    const escape = (event: KeyboardEvent) => event.key === "Escape" && stop();
    // On its way down: the canvas keeps the wheel to itself.
    element.addEventListener("wheel", stop, { passive: true, capture: true });
    element.addEventListener("pointerdown", press, true);
    document.addEventListener("keydown", escape);
    return () => {
      element.removeEventListener("wheel", stop, true);
      element.removeEventListener("pointerdown", press, true);
      document.removeEventListener("keydown", escape);
    };
  }, [id, root, presence]);
}

/** The time, once a second while something ages. */
function useClock(ticking: boolean): number {
  const [, again] = useState(0);
  useEffect(() => {
    if (!ticking) return;
    const timer = setInterval(() => again((count) => count + 1), 1_000);
    return () => clearInterval(timer);
  }, [ticking]);
  return Date.now();
}
