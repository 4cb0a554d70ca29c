import { useMemo, useState } from "react";
import * as actions from "../model/actions";
import { predecessors, successors, topological } from "../model/graph";
import { nested, type Nested } from "../model/nesting";
import { progressWords } from "../model/overlay";
import { useCommentsOf, useDiffMark, useEditor, useGraph, useNode, useObservable, useProblemsOf, useProgress, useRunOverlay, useSelected } from "../model/hooks";
import * as ops from "../model/ops";
import { Button, IconButton } from "../parts/Button";
import { DIFFERENCES } from "../parts/differences";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";
import { Menu, type MenuItem } from "../parts/Menu";
import { runPartItems } from "../parts/RunPart";
import { StatusPill } from "../parts/StatusPill";

/** Every step in words, in the order of the connections: the canvas for readers and narrow screens. */
export function Outline() {
  const editor = useEditor();
  const revision = useGraph();
  const order = useMemo(() => topological(editor.store), [editor, revision]);
  const tree = useMemo(() => nested(editor.store, order), [editor, order]);
  return (
    <>
      <div className="outline-head">
        <span className="quiet">{order.length === 1 ? "1 step" : `${order.length} steps`}</span>
        {!editor.readOnly && (
          <Button
            icon="plus"
            onClick={(event) => {
              const { left, bottom } = event.currentTarget.getBoundingClientRect();
              const last = tree.at(-1)?.id;
              const from = last === undefined ? undefined : actions.openOutput(editor, last);
              editor.panels.picker.set({ screen: [left, bottom + 4], ...(from ? { from } : {}) });
            }}
          >
            Add step
          </Button>
        )}
      </div>
      {!order.length && <p className="panel-hint">There are no steps yet. Add the first one.</p>}
      <ol className="outline" aria-label="Steps in order" data-testid="outline">
        {tree.map((each) => (
          <Entry key={each.id} {...each} />
        ))}
      </ol>
    </>
  );
}

function Entry({ id, number, inner }: Nested) {
  const editor = useEditor();
  const step = useNode(id);
  const run = useRunOverlay(id);
  const selected = useSelected(id);
  const problems = useProblemsOf(id);
  const progress = useProgress(id);
  const comments = useCommentsOf(id);
  const diff = useDiffMark(id);
  const isPast = useObservable(editor.past) !== null;
  const talk = useObservable(editor.comments.state);
  const [menu, setMenu] = useState<readonly [number, number] | null>(null);
  if (!step) return null;
  const { store, types } = editor;
  const names = (ids: string[]) => ids.map((each) => store.titleOf(each)).join(", ");
  const from = names(predecessors(store, id));
  const to = names(successors(store, id));
  return (
    <li data-testid="outline-step" data-node-id={id}>
      <div className="outline-row" data-selected={selected || undefined}>
        <button
          type="button"
          className="outline-step"
          aria-current={selected || undefined}
          onClick={() => {
            editor.goTo(id);
            editor.panels.openInspector();
          }}
        >
          <span className="outline-number mono">{number}</span>
          <KindTile type={types.get(step.type)} />
          <span className="outline-words">
            <strong className="truncate">{store.titleOf(id)}</strong>
            <span className="truncate quiet">
              {types.get(step.type)?.label ?? step.type}
              {step.disabled && " · switched off"}
              {progress && ` · ${progressWords(progress)}`}
              {store.holds(id) && !inner.length && " · nothing inside"}
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
          {diff ? <span className={`pill pill-${DIFFERENCES[diff].tone}`}>{DIFFERENCES[diff].word}{isPast && " since"}</span> : run && <StatusPill status={run.status} />}
        </button>
        {/* Before the threads are known, a press would begin a second one. */}
        {(comments || (talk === "ready" && editor.readOnly && editor.boot.permissions.comment)) && (
          <button
            type="button"
            className="outline-comments"
            aria-label={comments ? `${comments} on ${store.titleOf(id)}` : `Comment on ${store.titleOf(id)}`}
            data-testid="outline-comments"
            data-unread={comments.includes("unread") || undefined}
            onClick={() => editor.comments.openStep(id)}
          >
            <Icon name="message-square" size={14} />
            {comments.split(" ", 1)}
          </button>
        )}
        {!editor.readOnly && (
          <IconButton
            icon="ellipsis"
            label={`More about ${store.titleOf(id)}`}
            onClick={(event) => {
              const { right, bottom } = event.currentTarget.getBoundingClientRect();
              setMenu([right - 200, bottom + 4]);
            }}
          />
        )}
      </div>
      {inner.length > 0 && (
        <ol className="outline-inner" aria-label={`Inside ${store.titleOf(id)}`}>
          {inner.map((each) => (
            <Entry key={each.id} {...each} />
          ))}
        </ol>
      )}
      {menu && (
        <Menu at={menu} label={store.titleOf(id)} onClose={() => setMenu(null)} items={entries(editor, id, menu)} />
      )}
    </li>
  );
}

function entries(
  editor: ReturnType<typeof useEditor>,
  id: string,
  screen: readonly [number, number],
): MenuItem[] {
  const from = actions.openOutput(editor, id);
  const disconnect = [...editor.store.edgesFrom(id), ...editor.store.edgesInto(id)].flatMap((edge) => {
    const ends = editor.store.edges.get(edge);
    if (!ends) return [];
    const other = editor.store.titleOf(ends.source === id ? ends.target : ends.source);
    const run = () => editor.gesture((doc) => ops.disconnect(doc, [edge]));
    return [{ label: `Disconnect from ${other}`, icon: "unlink", run }];
  });
  return [
    {
      label: "Add a step after",
      icon: "plus",
      run: () => editor.panels.picker.set({ screen, ...(from ? { from } : {}) }),
    },
    ...(editor.store.holds(id)
      ? [{ label: "Add a step inside", icon: "corner-down-right", run: () => editor.panels.picker.set({ screen, into: id }) }]
      : []),
    { label: "Connect with…", icon: "link", run: () => editor.panels.connector.set(id) },
    ...(editor.store.holderOf(id) !== undefined || [...editor.store.nodes.keys()].some((each) => each !== id && editor.store.holds(each))
      ? [{ label: "Move into or out of a loop…", icon: "move", run: () => editor.panels.mover.set([id]) }]
      : []),
    ...disconnect,
    ...(editor.mentions.steps.value.has(id)
      ? [{ label: "Show in the runbook", icon: "book-open", run: () => editor.panels.openRunbook(id) }]
      : []),
    ...(editor.boot.permissions.comment
      ? [{ label: "Comment", icon: "message-square", run: () => editor.comments.openStep(id) }]
      : []),
    ...runPartItems(editor, id),
    {
      label: editor.store.nodes.get(id)?.disabled ? "Switch on" : "Switch off",
      icon: "power",
      run: () => actions.toggleDisabled(editor, [id]),
    },
    {
      label: "Duplicate",
      icon: "copy-plus",
      run: () => {
        editor.selection.set([id]);
        actions.duplicateSelection(editor);
      },
    },
    {
      label: "Delete",
      icon: "trash-2",
      danger: true,
      run: () => {
        editor.selection.set([id]);
        actions.deleteSelection(editor);
      },
    },
  ];
}
