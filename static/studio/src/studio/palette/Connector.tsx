import { useCallback, useMemo } from "react";
import * as actions from "../model/actions";
import type { Editor } from "../model/editor";
import { candidates } from "../model/graph";
import { useEditor, useObservable } from "../model/hooks";
import { screenOf } from "../model/keys";
import type { PortRef } from "../model/panels";
import { outputsOf } from "../model/ports";
import { KindTile } from "../parts/KindTile";
import { Popup } from "../parts/Popup";
import { SearchList, type Item } from "../parts/SearchList";

/** Connecting without a pointer: every port of a step with every port that it fits. */
export function Connector() {
  const editor = useEditor();
  const node = useObservable(editor.panels.connector);
  const options = useMemo(() => (node === null ? [] : optionsFor(editor, node)), [editor, node]);
  const close = useCallback(() => {
    editor.panels.connector.set(null);
    editor.view.focus();
  }, [editor]);
  if (node === null) return null;
  const label = `Connect ${editor.store.titleOf(node)} with`;
  return (
    <Popup at={screenOf(editor, node)} label={label} onClose={close} className="picker" brief>
      <SearchList
        items={options.map((option) => option.item)}
        label={label}
        placeholder={label}
        nothing="No other step has a port that fits."
        onClose={close}
        onChoose={(id) => {
          const option = options.find((each) => each.item.id === id);
          close();
          if (option) actions.connect(editor, option.from, option.node, option.port);
        }}
      />
    </Popup>
  );
}

interface Option {
  item: Item;
  from: PortRef;
  node: string;
  port: string;
}

function optionsFor(editor: Editor, node: string): Option[] {
  const { store, types } = editor;
  const step = store.nodes.get(node);
  if (!step) return [];
  const ports = outputsOf(types.get(step.type), step);
  return ports.flatMap((output) => {
    const from: PortRef = { node, port: output.name, side: "source", kind: output.kind };
    return candidates(store, from).map((other) => ({
      from,
      node: other.node,
      port: other.port,
      item: {
        id: `${output.name}>${other.node}:${other.port}`,
        label: store.titleOf(other.node),
        detail: other.label,
        group: ports.length > 1 ? `From ${output.label}` : "",
        lead: <KindTile type={types.get(store.nodes.get(other.node)?.type ?? "")} />,
      },
    }));
  });
}
