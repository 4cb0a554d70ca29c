import { predecessors, successors } from "../model/graph";
import { membersOf } from "../model/groups";
import { useCommentsOf, useDiffMark, useEditor, useGraph, useNode, useNote, useObservable, useProblemsOf, useProgress, useRunOverlay, useSelected } from "../model/hooks";
import { headline } from "../model/markdown";
import { rowName, toggleRow, type Row } from "../model/outline";
import { progressWords } from "../model/overlay";
import { counted } from "../model/summary";
import { IconButton } from "../parts/Button";
import { DIFFERENCES } from "../parts/differences";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";
import { StatusPill } from "../parts/StatusPill";

interface Props {
  row: Row;
  index: number;
  /** Where it stands, from the top of the list. */
  start: number;
  /** Whether the keyboard is here: only one row is a tab stop. */
  active: boolean;
  measure: (element: HTMLDivElement | null) => void;
  onFocus: () => void;
  onMenu: (at: readonly [number, number]) => void;
}

/** One step, note or group in words, with what can be done to it. */
export function OutlineRow({ row, index, start, active, measure, onFocus, onMenu }: Props) {
  const editor = useEditor();
  const { id } = row;
  const selected = useSelected(id);
  const tab = active ? 0 : -1;
  const name = rowName(editor, id);
  const note = useNote(id);
  return (
    <div
      ref={measure}
      role="row"
      className="outline-place"
      aria-rowindex={index + 1}
      aria-level={row.level}
      aria-selected={selected}
      data-index={index}
      data-level={row.level}
      data-testid={note ? "outline-note" : "outline-step"}
      data-node-id={id}
      style={{ top: start }}
      onFocus={onFocus}
    >
      <div role="gridcell" className="outline-row" data-selected={selected || undefined}>
        <input
          type="checkbox"
          className="outline-tick"
          aria-label={`Select ${name}`}
          tabIndex={tab}
          checked={selected}
          onChange={() => toggleRow(editor, id)}
        />
        <button
          type="button"
          id={`outline-${id}`}
          className="outline-step"
          tabIndex={tab}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey) return toggleRow(editor, id);
            editor.goTo(id);
            editor.panels.openInspector();
          }}
        >
          <span className="outline-number mono">{row.number}</span>
          {note ? (
            <NoteWords id={id} />
          ) : (
            <>
              <KindTile type={editor.types.get(editor.store.nodes.get(id)?.type ?? "")} />
              <Words row={row} />
              <State id={id} />
            </>
          )}
        </button>
        {!note && <CommentMark id={id} tab={tab} />}
        <IconButton
          icon="ellipsis"
          label={`More about ${name}`}
          tabIndex={tab}
          onClick={(event) => {
            const { right, bottom } = event.currentTarget.getBoundingClientRect();
            onMenu([right - 200, bottom + 4]);
          }}
        />
      </div>
    </div>
  );
}

function Words({ row: { id, empty } }: { row: Row }) {
  const { store, types } = useEditor();
  const step = useNode(id);
  const problems = useProblemsOf(id);
  const progress = useProgress(id);
  if (!step) return null;
  const names = (ids: string[]) => ids.map((each) => store.titleOf(each)).join(", ");
  const from = names(predecessors(store, id));
  const to = names(successors(store, id));
  return (
    <span className="outline-words">
      <strong className="truncate">{store.titleOf(id)}</strong>
      <span className="truncate quiet">
        {types.get(step.type)?.label ?? step.type}
        {step.disabled && " · switched off"}
        {progress && ` · ${progressWords(progress)}`}
        {empty && " · nothing inside"}
      </span>
      {(from || to) && (
        <span className="outline-ways quiet">
          {from && <span className="truncate">from {from}</span>}
          {to && <span className="truncate">to {to}</span>}
        </span>
      )}
      {problems.map((problem) => (
        <span key={problem.code + problem.field} className={`outline-problem problem-${problem.severity}`}>
          <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} size={12} />
          {problem.message}
        </span>
      ))}
    </span>
  );
}

const MOST_NAMED = 4;

/** What a note says, or what stands on a group. */
function NoteWords({ id }: { id: string }) {
  const { store } = useEditor();
  const note = useNote(id);
  useGraph(); // what stands on a group
  if (!note) return null;
  const members = note.group ? membersOf(store, id) : [];
  const rest = members.length - MOST_NAMED;
  const named = members.slice(0, MOST_NAMED).map((each) => store.titleOf(each)).join(", ");
  return (
    <>
      <span className={`kind-tile outline-note note-${note.colour}`}>
        <Icon name={note.group ? "group" : "sticky-note"} size={14} />
      </span>
      <span className="outline-words">
        <strong className="truncate">{note.group ? note.text || "Group" : headline(note.text) || "Empty note"}</strong>
        <span className="truncate quiet">{note.group ? `Group · ${counted(members.length, "things")}` : `Note · ${note.colour}`}</span>
        {named && <span className="truncate quiet">{`with ${named}${rest > 0 ? ` and ${rest} more` : ""}`}</span>}
      </span>
    </>
  );
}

/** How the step differs from how it was, or how it went in the shown run. */
function State({ id }: { id: string }) {
  const editor = useEditor();
  const run = useRunOverlay(id);
  const diff = useDiffMark(id);
  const isPast = useObservable(editor.past) !== null;
  if (diff)
    return (
      <span className={`pill pill-${DIFFERENCES[diff].tone}`}>
        {DIFFERENCES[diff].word}
        {isPast && " since"}
      </span>
    );
  return run ? <StatusPill status={run.status} /> : null;
}

/** How much was said of the step; who only looks begins a thread here. */
function CommentMark({ id, tab }: { id: string; tab: number }) {
  const editor = useEditor();
  const comments = useCommentsOf(id);
  const talk = useObservable(editor.comments.state);
  // Before the threads are known, a press would begin a second one.
  const begins = talk === "ready" && editor.readOnly && editor.boot.permissions.comment;
  if (!comments && !begins) return null;
  const title = editor.store.titleOf(id);
  return (
    <button
      type="button"
      className="outline-comments"
      aria-label={comments ? `${comments} on ${title}` : `Comment on ${title}`}
      data-testid="outline-comments"
      data-unread={comments.includes("unread") || undefined}
      tabIndex={tab}
      onClick={() => editor.comments.openStep(id)}
    >
      <Icon name="message-square" size={14} />
      {comments.split(" ", 1)}
    </button>
  );
}
