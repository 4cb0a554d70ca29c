import { useEffect, useId, useImperativeHandle, useLayoutEffect, useMemo, useRef, useState, type Ref } from "react";
import { useEditor } from "../model/hooks";
import { Icon } from "../parts/Icon";
import type { Desk, Look } from "./desk";
import { lookUp, matching, NOTHING_LIVE, type Live } from "./insertables";

const MOST = 40;

export interface MenuHandle {
  /** Take a key press: true if it was for the menu. */
  press(key: string): boolean;
}

/** The menu behind a slash. The text keeps the focus; arrows move, Enter chooses, Escape closes. */
export function SlashMenu({ desk, look, handle }: { desk: Desk; look: Look; handle: Ref<MenuHandle> }) {
  const editor = useEditor();
  const own = useId();
  const list = useRef<HTMLUListElement>(null);
  const [live, setLive] = useState<Live>(NOTHING_LIVE);
  const [active, setActive] = useState(0);
  const query = look.slash?.query ?? null;
  const open = query !== null;
  const found = useMemo(() => (query === null ? [] : matching(editor, live, query).slice(0, MOST)), [editor, live, query]);
  const at = Math.min(active, Math.max(0, found.length - 1));

  useEffect(() => {
    if (!open) return;
    editor.announcer.say("Menu of what can be put in. Type to search, arrows to move, Enter to choose.");
    let wanted = true;
    void lookUp(editor).then((next) => wanted && setLive(next));
    return () => {
      wanted = false;
    };
  }, [editor, open]);
  useEffect(() => setActive(0), [query]);
  useEffect(() => {
    if (open && found[at]) editor.announcer.say(`${found[at].label}, ${found[at].group}, ${at + 1} of ${found.length}`);
    else if (open) editor.announcer.say("Nothing matches.");
  }, [editor, open, found, at]);
  useActiveDescendant(desk, open && found.length ? `${own}-${at}` : null, `${own}-list`);
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, found]);
  useImperativeHandle(handle, () => ({
    press(key) {
      if (!open) return false;
      if (key === "Escape") desk.shutSlash();
      else if (!found.length) return false;
      else if (key === "ArrowDown") setActive((at + 1) % found.length);
      else if (key === "ArrowUp") setActive((at - 1 + found.length) % found.length);
      else if (key === "Enter" || key === "Tab") found[at]?.run(desk);
      else return false;
      return true;
    },
  }));

  const place = usePlace(desk, look, list, found.length);
  if (!open) return null;
  return (
    <ul
      ref={list}
      id={`${own}-list`}
      className="popup slash-menu"
      role="listbox"
      aria-label="Put in"
      tabIndex={0}
      data-testid="slash-menu"
      style={place}
    >
      {!found.length && <li className="panel-hint" role="presentation">Nothing matches. Escape closes.</li>}
      {found.map((item, index) => (
        <li
          key={item.id}
          id={`${own}-${index}`}
          role="option"
          aria-selected={index === at}
          className="slash-item"
          data-testid={`slash-${item.id.replace(" ", "-")}`}
          data-first={item.group !== found[index - 1]?.group ? item.group : undefined}
          onPointerMove={() => setActive(index)}
          onMouseDown={(event) => event.preventDefault() /* the text keeps the focus */}
          onClick={() => item.run(desk)}
        >
          <Icon name={item.icon} />
          <span className="slash-words">
            <span className="truncate">{item.label}</span>
            <span className="truncate quiet">{item.detail}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}

/** The text says to readers which of the menu's entries is chosen. */
function useActiveDescendant(desk: Desk, active: string | null, list: string): void {
  useEffect(() => {
    const text = desk.view?.dom;
    if (!text || active === null) return;
    text.setAttribute("aria-activedescendant", active);
    text.setAttribute("aria-controls", list);
    return () => {
      text.removeAttribute("aria-activedescendant");
      text.removeAttribute("aria-controls");
    };
  }, [desk, active, list]);
}

/** Below the slash, or above it where there is no room. */
function usePlace(desk: Desk, look: Look, list: React.RefObject<HTMLElement | null>, count: number): { left: number; top: number } {
  const [place, setPlace] = useState({ left: 0, top: 0 });
  const from = look.slash?.from;
  useLayoutEffect(() => {
    const { view } = desk;
    if (from === undefined || !view || from > view.state.doc.content.size) return;
    const { left, top, bottom } = view.coordsAtPos(from);
    const { offsetWidth: width = 280, offsetHeight: height = 300 } = list.current ?? {};
    const below = bottom + 6;
    setPlace({
      left: Math.max(8, Math.min(left, innerWidth - width - 8)),
      top: below + height > innerHeight - 8 ? Math.max(8, top - height - 6) : below,
    });
  }, [desk, from, count, list]);
  return place;
}
