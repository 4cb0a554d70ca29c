import { useState } from "react";
import type { Edge } from "../model/boot";
import { conditionWords } from "../model/conditions";
import { useEditor, useGraph } from "../model/hooks";
import { Icon } from "../parts/Icon";

/** What leads to a step and what follows it; each entry opens the connection's settings. */
export function Connections({ id }: { id: string }) {
  const { store } = useEditor();
  useGraph();
  const [open, setOpen] = useState(false);
  const edges = [...store.edgesInto(id), ...store.edgesFrom(id)].flatMap((each) => store.edges.get(each) ?? []);
  if (!edges.length) return null;
  return (
    <section className="more step-settings">
      <button type="button" className="section-toggle" aria-expanded={open} data-testid="step-connections" onClick={() => setOpen(!open)}>
        <Icon name={open ? "chevron-down" : "chevron-right"} size={14} />
        Connections
        <span className="quiet">{edges.length}</span>
      </button>
      {open && (
        <ul className="connections">
          {edges.map((edge) => (
            <li key={edge.id}>
              <Connection edge={edge} id={id} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Connection({ edge, id }: { edge: Edge; id: string }) {
  const { panels, selection, store } = useEditor();
  const leads = edge.source === id;
  const condition = edge.label || (edge.when ? `when ${conditionWords(edge.when)}` : "");
  return (
    <button
      type="button"
      className="connection"
      data-testid="connection"
      onClick={() => {
        selection.selectEdge(edge.id);
        panels.openInspector();
      }}
    >
      <Icon name={leads ? "arrow-right" : "arrow-left"} size={14} />
      <span className="truncate">{`${leads ? "To" : "From"} ${store.titleOf(leads ? edge.target : edge.source)}`}</span>
      {condition && <span className="quiet truncate">{condition}</span>}
    </button>
  );
}
