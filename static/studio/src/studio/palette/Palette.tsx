import { useState } from "react";
import * as actions from "../model/actions";
import type { NodeType } from "../model/boot";
import { useEditor } from "../model/hooks";
import { STEP_TYPE } from "../model/panels";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";
import { grouped } from "./types";

/** Every step type by group; drag one onto the canvas, or press it to add it at a free place. */
export function Palette() {
  const editor = useEditor();
  const [query, setQuery] = useState("");
  const wanted = query.toLowerCase().trim();
  const found = [...editor.types.values()].filter((type) =>
    `${type.label} ${type.name} ${type.group} ${type.description}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <div className="search-field">
        <Icon name="search" />
        <input
          type="search"
          className="search-input"
          aria-label="Search step types"
          placeholder="Search steps"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            const [first] = found;
            if (event.key === "Enter" && first && wanted) actions.addStep(editor, first.name);
          }}
          data-testid="palette-search"
        />
      </div>
      {!found.length && (
        <p className="panel-hint" role="status">
          No step type matches “{query}”.
        </p>
      )}
      {grouped(found).map(([group, types]) => (
        <section key={group} className="palette-group" aria-label={group}>
          <h3>{group}</h3>
          <ul>
            {types.map((type) => (
              <li key={type.name}>
                <PaletteItem type={type} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function PaletteItem({ type }: { type: NodeType }) {
  const editor = useEditor();
  return (
    <button
      type="button"
      className="palette-item"
      data-testid={`palette-${type.name}`}
      disabled={editor.readOnly}
      draggable={!editor.readOnly}
      title={type.description}
      onDragStart={(event) => {
        event.dataTransfer.setData(STEP_TYPE, type.name);
        event.dataTransfer.effectAllowed = "copy";
      }}
      onClick={() => actions.addStep(editor, type.name)}
    >
      <KindTile type={type} />
      <span className="palette-words">
        <strong>{type.label}</strong>
        <span className="truncate">{type.description}</span>
      </span>
    </button>
  );
}
