import { useCallback, useMemo } from "react";
import type { Editor } from "../model/editor";
import { useEditor, useObservable } from "../model/hooks";
import { screenOf } from "../model/keys";
import { moveInto } from "../model/moves";
import { around, whyNotInside } from "../model/nesting";
import { KindTile } from "../parts/KindTile";
import { Icon } from "../parts/Icon";
import { Popup } from "../parts/Popup";
import { SearchList, type Item } from "../parts/SearchList";

const OUTSIDE = "";

/** Moving steps into a loop or out of it without a pointer. */
export function Mover() {
  const editor = useEditor();
  const ids = useObservable(editor.panels.mover);
  const items = useMemo(() => (ids ? places(editor, ids) : []), [editor, ids]);
  const close = useCallback(() => {
    editor.panels.mover.set(null);
    editor.view.focus();
  }, [editor]);
  const [first] = ids ?? [];
  if (!ids || first === undefined) return null;
  const label = ids.length === 1 ? `Move ${editor.store.titleOf(first)}` : `Move ${ids.length} steps`;
  return (
    <Popup at={screenOf(editor, first)} label={label} onClose={close} className="picker" brief>
      <SearchList
        items={items}
        label={label}
        placeholder={label}
        nothing="There is no loop to move it into. Add one first, such as For each."
        onClose={close}
        onChoose={(id) => {
          close();
          moveInto(editor, ids, id === OUTSIDE ? undefined : id);
        }}
      />
    </Popup>
  );
}

/** Where the steps may go: every loop that can take them, and outside of all. */
function places({ store, types }: Editor, ids: readonly string[]): Item[] {
  const holder = store.holderOf(ids[0] ?? "");
  const loops = [...store.nodes.values()].filter(
    ({ id }) => id !== holder && store.holds(id) && !whyNotInside(store, ids, id),
  );
  const outside: Item = {
    id: OUTSIDE,
    label: `Out of ${store.titleOf(around(store, ids[0] ?? "").at(-1) ?? "")}`,
    detail: "Into no loop",
    lead: <span className="command-icon"><Icon name="log-out" /></span>,
    testId: "move-out",
  };
  const into = loops.map(({ id, type }) => ({
    id,
    label: `Into ${store.titleOf(id)}`,
    detail: id,
    lead: <KindTile type={types.get(type)} />,
    testId: `move-into-${id}`,
  }));
  return holder === undefined ? into : [outside, ...into];
}
