import { useEffect, useMemo, useState } from "react";
import { layoutOnCanvas } from "../parts/layout";
import { followerOf, reason } from "../collab/follower";
import * as actions from "../model/actions";
import { comment } from "../model/keys";
import { align, ALIGNMENTS, distribute } from "../model/aligning";
import type { Editor } from "../model/editor";
import { groupSelection } from "../model/groups";
import { useEditor } from "../model/hooks";
import { keptUnder } from "../model/keptHere";
import { choices } from "../palette/types";
import { Dialog } from "../parts/Dialog";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";
import { shortId } from "../parts/RunHistory";
import { SearchList, type Item } from "../parts/SearchList";
import { STATUS } from "../parts/StatusPill";
import { signOut } from "../collab/signOut";
import { toggleTheme } from "./ThemeSwitch";

interface Command extends Item {
  run: () => void;
}

/** Ctrl+K: steps to jump to, actions, step types to add; what was used last comes first. */
export function Commands({ onClose: close }: { onClose: () => void }) {
  const editor = useEditor();
  const recent = keptUnder("recent", editor.boot);
  const [elsewhere, setElsewhere] = useState<readonly Command[]>([]);
  useEffect(() => {
    void others(editor).then(setElsewhere, () => undefined); // the rest of the list is here anyway
  }, [editor]);
  const commands = useMemo(() => recentFirst(recent, [...all(editor), ...elsewhere]), [editor, elsewhere, recent]);
  return (
    <Dialog open onClose={close} title="Commands" bare>
      <SearchList
        items={commands}
        label="Command, step or step type"
        placeholder="Go to a step, add one, or do something"
        nothing="Nothing matches."
        onClose={close}
        onChoose={(id) => {
          close();
          remember(recent, id);
          // The dialog gives the focus back first; then the command may take it.
          setTimeout(() => commands.find((command) => command.id === id)?.run());
        }}
      />
    </Dialog>
  );
}

function all(editor: Editor): Command[] {
  const { store, types, panels, view, boot } = editor;
  const steps = [...store.nodes.values()].map((step) => ({
    id: `go ${step.id}`,
    label: store.titleOf(step.id),
    detail: types.get(step.type)?.label ?? step.type,
    group: "Go to",
    words: step.id,
    lead: <KindTile type={types.get(step.type)} />,
    run: () => editor.goTo(step.id),
  }));
  const does = (label: string, icon: string, run: () => void, hint = ""): Command => ({
    id: `do ${label}`,
    label,
    group: "Actions",
    lead: <span className="command-icon"><Icon name={icon} /></span>,
    ...(hint ? { hint } : {}),
    run,
  });
  const edits = editor.readOnly
    ? []
    : [
        does("Undo", "undo-2", () => editor.undo(), "Ctrl Z"),
        does("Redo", "redo-2", () => editor.redo(), "Ctrl Y"),
        does("Lay out", "layout-grid", () => void actions.arrange(editor, layoutOnCanvas), "L"),
        does("Add a note", "sticky-note", () => actions.addNote(editor), "N"),
        does("Move the selection into or out of a loop", "move", () => {
          const steps = [...editor.selection.ids].filter((id) => store.nodes.has(id));
          if (steps.length) panels.mover.set(steps);
          else editor.say("Select a step first.");
        }, "M"),
        does("Group the selection", "group", () => void groupSelection(editor), "Ctrl G"),
        ...ALIGNMENTS.map(([how, icon]) => does(`Align the selection: ${how}`, icon, () => align(editor, how))),
        does("Distribute the selection across", "align-horizontal-distribute-center", () => distribute(editor, "across")),
        does("Distribute the selection down", "align-vertical-distribute-center", () => distribute(editor, "down")),
        does("Duplicate the selection", "copy-plus", () => actions.duplicateSelection(editor), "Ctrl D"),
        does("Delete the selection", "trash-2", () => actions.deleteSelection(editor), "Del"),
      ];
  const rights = [
    ...(boot.permissions.run ? [does("Test run", "play", () => panels.dialog.set("run"), "Ctrl Enter")] : []),
    ...(boot.permissions.publish ? [does("Publish", "rocket", () => panels.dialog.set("publish"))] : []),
  ];
  const doing = [
    ...rights,
    ...edits,
    does("Select everything", "square-stack", () => actions.selectAll(editor), "Ctrl A"),
    does("Show everything", "maximize", () => view.camera?.fit(), "1"),
    does("Zoom to 100 %", "search", () => view.camera?.zoomTo(1), "0"),
    does("Runbook", "book-open", () => panels.openRunbook(), "R"),
    does("Outline", "list-tree", () => panels.drawer.set("outline")),
    does("Problems", "list-checks", () => panels.drawer.set("problems")),
    does("Messages", "bell", () => panels.drawer.set("messages")),
    does("Comments", "message-square", () => panels.drawer.set("comments")),
    ...(boot.permissions.comment ? [does("Comment on a step or a place", "message-square", () => comment(editor), "Shift C")] : []),
    does("Test data", "flask", () => panels.drawer.set("tests")),
    does("History and versions", "history", () => panels.drawer.set("history")),
    does("Find", "search", () => panels.openFind(), "Ctrl F"),
    does("Switch the theme", "moon", toggleTheme),
    does("Show all keys", "keyboard", () => panels.dialog.set("keys"), "?"),
    does("Sign out", "log-out", () => void signOut(editor)),
    does("All workflows", "workflow", () => location.assign(boot.urls.list)),
  ];
  const adding = editor.readOnly
    ? []
    : choices(editor).map((item) => ({
        ...item,
        id: `add ${item.id}`,
        label: `Add ${item.label}`,
        group: "Add",
        testId: `command-add-${item.id}`,
        run: () => actions.addStep(editor, item.id),
      }));
  return [...doing, ...adding, ...steps];
}

/** Other workflows, and the runs of this one. */
async function others(editor: Editor): Promise<Command[]> {
  const follower = followerOf(editor);
  const [workflows, runs] = await Promise.all([follower.api.workflows(), follower.api.recent()]);
  const icon = (name: string) => <span className="command-icon"><Icon name={name} /></span>;
  const open = workflows
    .filter(({ id }) => id !== editor.boot.workflow.id)
    .map(({ id, name, description }) => ({
      id: `open ${id}`,
      label: name,
      detail: description,
      group: "Workflows",
      lead: icon("workflow"),
      run: () => location.assign(`/workflows/${id}/`),
    }));
  const show = runs.map((run) => ({
    id: `run ${run.id}`,
    label: `Run ${shortId(run.id)}`,
    detail: `${STATUS[run.status].word}, ${run.version.number === null ? "draft" : `v${run.version.number}`}`,
    group: "Runs",
    lead: icon(STATUS[run.status].icon),
    run: () => void follower.show(run.id).catch((error: unknown) => editor.say(reason(error), "bad")),
  }));
  return [...open, ...show];
}

function recentFirst(key: string, commands: Command[]): Command[] {
  const recent = recalled(key).flatMap((id) => {
    const found = commands.find((command) => command.id === id);
    return found ? [{ ...found, group: "Recent" }] : [];
  });
  const known = new Set(recent.map((command) => command.id));
  return [...recent, ...commands.filter((command) => !known.has(command.id))];
}

function remember(key: string, id: string): void {
  const next = [id, ...recalled(key).filter((each) => each !== id)].slice(0, 5);
  localStorage.setItem(key, JSON.stringify(next));
}

function recalled(key: string): string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(list) ? list.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
