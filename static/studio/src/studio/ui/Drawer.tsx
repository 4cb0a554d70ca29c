import { Fragment, type ReactNode } from "react";
import { useEditor, useObservable } from "../model/hooks";
import type { Drawer as Name } from "../model/panels";
import { IconButton } from "../parts/Button";
import { lazily } from "../parts/lazily";

const CommentsPanel = lazily(async () => (await import("../comments/CommentsPanel")).CommentsPanel);
const DataSetsPanel = lazily(async () => (await import("../run/DataSetsPanel")).DataSetsPanel);
const Find = lazily(async () => (await import("./Find")).Find);
const MessageList = lazily(async () => (await import("./MessageList")).MessageList);
const Outline = lazily(async () => (await import("../outline/Outline")).Outline);
const Palette = lazily(async () => (await import("../palette/Palette")).Palette);
const Problems = lazily(async () => (await import("./Problems")).Problems);
const WorkflowSettings = lazily(
  async () => (await import("../inspector/WorkflowSettings")).WorkflowSettings,
);
const HistoryPanel = lazily(async () => (await import("../versions/HistoryPanel")).HistoryPanel);

const CONTENT: Record<Name, { title: string; body: () => ReactNode }> = {
  palette: { title: "Add steps", body: () => <Palette /> },
  outline: { title: "Outline", body: () => <Outline /> },
  find: { title: "Find", body: () => <Find /> },
  comments: { title: "Comments", body: () => <CommentsPanel /> },
  messages: { title: "Messages", body: () => <MessageList /> },
  problems: { title: "Problems", body: () => <Problems /> },
  tests: { title: "Test data", body: () => <DataSetsPanel /> },
  history: { title: "History", body: () => <HistoryPanel /> },
  settings: { title: "Workflow settings", body: () => <WorkflowSettings /> },
};

/** The browser empties a field of search by Escape: only once it is empty, the key means the panel. */
function isFilter(target: EventTarget): boolean {
  return target instanceof HTMLInputElement && target.type === "search" && target.value !== "";
}

/** What the rail opened. */
export function Drawer() {
  const { panels, past, view } = useEditor();
  const drawer = useObservable(panels.drawer);
  // What is shown of the workflow may be edited now and not then; the history is of both.
  const time = useObservable(past) && drawer !== "history" ? "past" : "now";
  if (!drawer) return null;
  const { title, body } = CONTENT[drawer];
  const close = () => {
    panels.drawer.set(null);
    view.focus();
  };
  return (
    <aside
      className="drawer"
      aria-label={title}
      data-testid={`drawer-${drawer}`}
      onKeyDown={(event) => event.key === "Escape" && !isFilter(event.target) && close()}
    >
      <header className="drawer-head">
        <h2>{title}</h2>
        <IconButton icon="x" label={`Close ${title.toLowerCase()}`} onClick={close} />
      </header>
      <Fragment key={time}>{body()}</Fragment>
    </aside>
  );
}
