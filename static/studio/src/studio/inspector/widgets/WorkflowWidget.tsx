import { useEffect, useRef, useState } from "react";
import { get } from "../../../lib/api";
import { useEditor } from "../../model/hooks";
import { Icon } from "../../parts/Icon";
import { Popup } from "../../parts/Popup";
import { SearchList, type Item } from "../../parts/SearchList";
import type { WidgetProps } from "./props";

interface Found {
  id: string;
  name: string;
  published_version: number | null;
}

const PAUSE = 200; // while somebody types

/** A workflow of those that one may see, found by its name. */
export function WorkflowWidget({ value, onChange, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const editor = useEditor();
  const chosen = typeof value === "string" ? value : "";
  const name = useName(chosen);
  const button = useRef<HTMLButtonElement>(null);
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  const close = () => {
    setAt(null);
    button.current?.focus();
  };
  return (
    <div className="workflow-choice">
      <button
        ref={button}
        id={id}
        type="button"
        className="input workflow-button"
        disabled={readOnly}
        aria-label={label}
        aria-haspopup="dialog"
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        data-testid={testId}
        onClick={(event) => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          setAt([left, bottom + 4]);
        }}
      >
        <span className={`truncate ${chosen ? "" : "quiet"}`}>{chosen ? name : "Choose a workflow"}</span>
        <Icon name="chevrons-up-down" size={14} />
      </button>
      {chosen && (
        <a className="button button-quiet" href={`${editor.boot.urls.list}${chosen}/`} target="_blank" rel="noreferrer">
          Open
          <Icon name="arrow-up-right" size={14} />
        </a>
      )}
      {at && (
        <Popup at={at} label="Workflow to run" onClose={close} className="picker" brief>
          <Choices
            onClose={close}
            onChoose={(next) => {
              onChange(next);
              close();
            }}
          />
        </Popup>
      )}
    </div>
  );
}

function Choices({ onChoose, onClose }: { onChoose: (id: string) => void; onClose: () => void }) {
  const editor = useEditor();
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<readonly Found[] | null>(null);
  const [problem, setProblem] = useState("");
  const { api } = editor.boot.urls;
  useEffect(() => {
    const stop = new AbortController();
    const ask = () =>
      get<{ results: Found[] }>(`${api}workflows/?page_size=50&q=${encodeURIComponent(query)}`, { signal: stop.signal })
        .then(({ results }) => {
          setFound(results);
          setProblem("");
        })
        .catch((error: unknown) => {
          if (!stop.signal.aborted) setProblem(error instanceof Error ? error.message : String(error));
        });
    const timer = setTimeout(ask, query ? PAUSE : 0);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, query]);
  const own = editor.boot.workflow.id;
  const items: Item[] = (found ?? []).map((each) => ({
    id: each.id,
    label: each.name,
    detail: each.id === own ? "this one" : each.published_version === null ? "not published" : `v${each.published_version}`,
    words: query, // the server looked into descriptions and tags as well
    testId: "workflow-option",
  }));
  return (
    <SearchList
      items={items}
      label="Workflow to run"
      placeholder="Find a workflow"
      nothing={problem || (found ? "No workflow that you may see matches." : "Loading the workflows…")}
      onQuery={setQuery}
      onChoose={onChoose}
      onClose={onClose}
    />
  );
}

/** Return what a workflow is called, asked of the server. */
function useName(id: string): string {
  const editor = useEditor();
  const [known, setKnown] = useState({ id: "", name: "" });
  useEffect(() => {
    if (!id) return;
    let here = true;
    get<Found>(`${editor.boot.urls.api}workflows/${encodeURIComponent(id)}/`)
      .then(({ name }) => here && setKnown({ id, name }))
      .catch(() => here && setKnown({ id, name: "A workflow that you cannot see" }));
    return () => {
      here = false;
    };
  }, [editor, id]);
  return known.id === id ? known.name : "…";
}
