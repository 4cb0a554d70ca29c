import { useEffect, useState } from "react";
import { discussionOf, showThread } from "../collab/discussion";
import { reason } from "../collab/follower";
import { filtered, type Filter, type Thread } from "../model/comments";
import { useEditor, useObservable } from "../model/hooks";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { ThreadRow } from "./ThreadRow";

const COVERING = "(max-width: 719px)"; // a window in which the panel lies over the canvas
const PAUSE = 250; // of typing
const EVERYTHING: Filter = { state: "open", mine: false, unread: false, text: "" };
const STATES = [
  ["open", "Open"],
  ["resolved", "Resolved"],
  ["all", "All"],
] as const;

/** All threads of the workflow, with filters and search. */
export function CommentsPanel() {
  const editor = useEditor();
  const { comments, boot } = editor;
  const discussion = discussionOf(editor);
  const state = useObservable(comments.state);
  const opened = useObservable(comments.opened);
  const placing = useObservable(comments.placing);
  const [filter, setFilter] = useState(EVERYTHING);
  const { threads, problem } = useThreads(filter);
  const isFiltered = filter.mine || filter.unread || filter.text.trim() !== "" || filter.state !== "open";
  const change = (part: Partial<Filter>) => setFilter({ ...filter, ...part });
  const place = () => {
    comments.placing.set(!placing);
    if (matchMedia(COVERING).matches) editor.panels.drawer.set(null);
  };
  if (state === "forbidden") return <p className="panel-hint">You may not read the comments of this workflow.</p>;
  return (
    <div className="comments-panel" data-testid="comments-panel">
      <div className="comments-bar">
        <div className="search-field">
          <Icon name="search" />
          <input
            className="search-input"
            type="search"
            aria-label="Search comments"
            placeholder="Search comments"
            value={filter.text}
            onChange={(event) => change({ text: event.target.value })}
          />
        </div>
        <div className="comments-filters">
          <select className="input" aria-label="Which threads" value={filter.state} onChange={(event) => change({ state: event.target.value as Filter["state"] })}>
            {STATES.map(([value, word]) => (
              <option key={value} value={value}>{word}</option>
            ))}
          </select>
          <Toggle on={filter.unread} onChange={(unread) => change({ unread })}>Unread</Toggle>
          <Toggle on={filter.mine} onChange={(mine) => change({ mine })}>Mine</Toggle>
        </div>
        <div className="comments-actions">
          {boot.permissions.comment && editor.view.camera && (
            <Button icon="message-square" aria-pressed={placing} data-testid="place-comment" onClick={place}>
              {placing ? "Press on the canvas…" : "New comment"}
            </Button>
          )}
          <Button look="quiet" icon="check-check" disabled={!comments.unread} onClick={() => void discussion.readAll()}>
            All read
          </Button>
        </div>
      </div>
      {state === "failed" && (
        <p className="panel-hint field-error" role="alert">
          {comments.problem.value} <Button look="quiet" onClick={() => void discussion.load()}>Try again</Button>
        </p>
      )}
      {problem && <p className="panel-hint field-error" role="alert">{problem}</p>}
      {(state === "loading" || state === "waiting" || !threads) && <p className="panel-hint" role="status">Loading…</p>}
      {state === "ready" && threads?.length === 0 && (
        <Nothing isFiltered={isFiltered} mayWrite={boot.permissions.comment} onClear={() => setFilter(EVERYTHING)} />
      )}
      <ul className="thread-list" aria-label="Threads">
        {threads?.map((thread) => (
          <ThreadRow
            key={thread.id}
            thread={thread}
            current={opened?.kind === "thread" && opened.id === thread.id}
            onChoose={() => showThread(editor, thread.id)}
          />
        ))}
      </ul>
    </div>
  );
}

function Toggle({ on, onChange, children }: { on: boolean; onChange: (on: boolean) => void; children: string }) {
  return (
    <button type="button" className="button button-plain comments-toggle" aria-pressed={on} onClick={() => onChange(!on)}>
      {children}
    </button>
  );
}

function Nothing({ isFiltered, mayWrite, onClear }: { isFiltered: boolean; mayWrite: boolean; onClear: () => void }) {
  if (isFiltered)
    return (
      <p className="panel-hint">
        No thread fits these filters. <Button look="quiet" onClick={onClear}>Clear filters</Button>
      </p>
    );
  return (
    <p className="panel-hint">
      Nobody has said anything here.{mayWrite && " A step's menu has “Comment”; on the canvas, C asks for a place."}
    </p>
  );
}

/** The threads that fit: open ones are all here, for the rest the server is asked while there is one. */
function useThreads(filter: Filter): { threads: readonly Thread[] | null; problem: string } {
  const editor = useEditor();
  const { comments, store, boot } = editor;
  const known = useObservable(comments.threads);
  useObservable(comments.unsent);
  const [found, setFound] = useState<{ query: string; ids: readonly string[] } | null>(null);
  const [problem, setProblem] = useState("");
  const local = filter.state === "open" && !filter.mine && !filter.text.trim();
  const query = new URLSearchParams({
    state: filter.state, mine: String(filter.mine), unread: String(filter.unread), q: filter.text.trim(),
  }).toString();
  useEffect(() => {
    if (local) {
      setProblem("");
      return;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      discussionOf(editor).find(query).then(
        (threads) => {
          if (!wanted) return;
          setProblem("");
          setFound({ query, ids: threads.map(({ id }) => id) });
        },
        (error: unknown) => {
          if (!wanted) return;
          setProblem(`${reason(error)} Only what is known here is searched.`);
          setFound(null);
        },
      );
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [editor, local, query]);
  if (local || problem) return { threads: filtered(comments.all(), filter, boot.collab.user, store), problem };
  if (found?.query !== query) return { threads: null, problem };
  return { threads: found.ids.flatMap((id) => known.get(id) ?? []), problem };
}
