import { useEffect, useState } from "react";
import { historyOf } from "../collab/history";
import { dayOf, EVERYTHING, type HistoryFilter, type Point } from "../model/history";
import { useEditor, useObservable } from "../model/hooks";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { NameForm } from "./NameForm";
import { PointRow } from "./PointRow";

const TYPING = 250;
const RESTING = 4_000; // so long nobody edits before the list is read anew
const KINDS: [HistoryFilter["kind"], string][] = [
  ["", "All changes"],
  ["named", "Named only"],
  ["publish", "Versions only"],
];

/** How the draft became what it is, newest first: every burst of changes, and what was published. */
export function HistoryPanel() {
  const editor = useEditor();
  const history = historyOf(editor);
  const published = useObservable(editor.version).published;
  const state = useObservable(history.state);
  useEffect(() => void history.load(), [history, published]);
  useFresh();
  if (state === "forbidden")
    return <p className="panel-hint" role="alert">You may no longer see the history of this workflow. Ask an owner of the workspace for the right to view it.</p>;
  return (
    <div className="history" data-testid="history-panel">
      <Restored />
      <Filters />
      {!editor.barred && <Present />}
      {state === "failed" && (
        <p className="panel-hint field-error" role="alert">
          {history.problem.value} <Button onClick={() => void history.load()}>Try again</Button>
        </p>
      )}
      <Points />
    </div>
  );
}

/** Read the list anew once the edits rest. */
function useFresh() {
  const editor = useEditor();
  const attached = useObservable(editor.attached);
  useEffect(() => {
    const history = historyOf(editor);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = history.onEdited(() => {
      clearTimeout(timer);
      timer = setTimeout(() => void history.load(), RESTING);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [editor, attached]);
}

function Restored() {
  const history = historyOf(useEditor());
  const restored = useObservable(history.restored);
  if (!restored) return null;
  return (
    <p className="notice notice-ok" role="status" data-testid="success-message">
      <span className="notice-text">{`The draft is as in ${restored.title} again. Nothing is lost: what it was stays in the history.`}</span>
      <Button icon="undo-2" data-testid="restore-undo" onClick={() => void history.undo()}>
        Undo
      </Button>
    </p>
  );
}

function Filters() {
  const history = historyOf(useEditor());
  const filter = useObservable(history.filter);
  const authors = useObservable(history.authors);
  const [text, setText] = useState(filter.q);
  useEffect(() => {
    const timer = setTimeout(() => text.trim() !== history.filter.value.q && history.choose({ ...history.filter.value, q: text.trim() }), TYPING);
    return () => clearTimeout(timer);
  }, [history, text]);
  useEffect(() => setText(filter.q), [filter.q]);
  return (
    <div className="history-filters" role="search" aria-label="Filter the history">
      <div className="search-field">
        <Icon name="search" />
        <input className="search-input" type="search" aria-label="Search by name" placeholder="Search by name" value={text} data-testid="history-search" onChange={(event) => setText(event.target.value)} />
      </div>
      <select className="input" aria-label="Who changed something" value={filter.author} data-testid="history-author" onChange={(event) => history.choose({ ...filter, author: event.target.value })}>
        <option value="">Anybody</option>
        {authors.map(({ id, name }) => (
          <option key={id} value={id}>{name}</option>
        ))}
      </select>
      <select className="input" aria-label="Which points" value={filter.kind} data-testid="history-kind" onChange={(event) => history.choose({ ...filter, kind: event.target.value as HistoryFilter["kind"] })}>
        {KINDS.map(([kind, words]) => (
          <option key={kind} value={kind}>{words}</option>
        ))}
      </select>
    </div>
  );
}

/** The draft as it is now: it can be named, and what is shown instead left. */
function Present() {
  const history = historyOf(useEditor());
  const shown = useObservable(history.shown);
  const [naming, setNaming] = useState(false);
  return (
    <div className="history-now">
      <span className="history-dot" aria-hidden="true" />
      <strong>Now</strong>
      <span className="spring" />
      {shown && (
        <Button look="quiet" data-testid="history-now" onClick={() => history.leave()}>
          Back to the draft
        </Button>
      )}
      {!naming && !shown && (
        <Button look="quiet" icon="tag" data-testid="name-now" onClick={() => setNaming(true)}>
          Name this state
        </Button>
      )}
      {naming && <NameForm point={null} onDone={() => setNaming(false)} />}
    </div>
  );
}

function Points() {
  const history = historyOf(useEditor());
  const points = useObservable(history.points);
  const older = useObservable(history.older);
  const state = useObservable(history.state);
  if (!points) return state === "loading" ? <Loading /> : null;
  if (!points.length) return <Nothing />;
  return (
    <>
      <ol className="history-points" aria-label="Points of the history" onKeyDown={walk}>
        {points.map((point, index) => (
          <Dated key={point.id} point={point} newer={points[index - 1]} />
        ))}
      </ol>
      {older && (
        <Button look="quiet" className="history-older" data-testid="history-older" onClick={() => void history.loadOlder()}>
          Show older
        </Button>
      )}
    </>
  );
}

/** A point, under the heading of its day where that is another one than of the point above. */
function Dated({ point, newer }: { point: Point; newer: Point | undefined }) {
  const day = dayOf(point.created_at);
  return (
    <>
      {(!newer || dayOf(newer.created_at) !== day) && (
        <li className="history-day">
          <h3>{day}</h3>
        </li>
      )}
      <PointRow point={point} />
    </>
  );
}

/** Arrow keys go from point to point. */
function walk(event: React.KeyboardEvent<HTMLOListElement>) {
  const heads = [...event.currentTarget.querySelectorAll<HTMLElement>(".point-head")];
  const at = heads.indexOf(event.target as HTMLElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: heads.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  heads[to]?.focus();
}

function Loading() {
  return (
    <div className="history-loading" role="status">
      <span className="visually-hidden">Loading the history…</span>
      {[0, 1, 2].map((each) => (
        <span key={each} className="history-skeleton" />
      ))}
    </div>
  );
}

function Nothing() {
  const history = historyOf(useEditor());
  const filter = useObservable(history.filter);
  if (!filter.author && !filter.kind && !filter.q)
    return <p className="panel-hint">Nothing was changed yet. Each burst of changes will stand here, and what you publish, and you can go back to any of it.</p>;
  return (
    <div className="panel-hint">
      <p>Nothing in the history is like that.</p>
      <Button onClick={() => history.choose(EVERYTHING)}>Clear filters</Button>
    </div>
  );
}
