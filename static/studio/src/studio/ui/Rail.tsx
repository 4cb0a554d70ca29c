import { useEditor, useObservable, useProblems } from "../model/hooks";
import type { Drawer } from "../model/panels";
import { Icon } from "../parts/Icon";

const TILES: { drawer: Drawer; icon: string; label: string }[] = [
  { drawer: "palette", icon: "plus", label: "Add steps" },
  { drawer: "outline", icon: "list-tree", label: "Outline" },
  { drawer: "find", icon: "search", label: "Find (Ctrl+F)" },
  { drawer: "problems", icon: "list-checks", label: "Problems" },
  { drawer: "comments", icon: "message-square", label: "Comments" },
  { drawer: "tests", icon: "flask", label: "Test data" },
  { drawer: "history", icon: "history", label: "History" },
  { drawer: "settings", icon: "settings", label: "Workflow settings" },
];

/** The tiles at the left; each opens a drawer. */
export function Rail() {
  const editor = useEditor();
  const open = useObservable(editor.panels.drawer);
  const runbook = useObservable(editor.panels.runbook);
  useObservable(editor.past);
  const problems = useProblems().length;
  useObservable(editor.comments.threads);
  const { unread } = editor.comments;
  const news = unread === 1 ? ", 1 thread unread" : unread ? `, ${unread} threads unread` : "";
  const tiles = TILES.filter(({ drawer }) => drawer !== "palette" || !editor.readOnly);
  return (
    <nav className="rail" aria-label="Panels">
      {tiles.map(({ drawer, icon, label }) => (
        <button
          key={drawer}
          type="button"
          className="rail-tile"
          aria-label={drawer === "comments" ? label + news : label}
          title={label}
          aria-pressed={open === drawer}
          data-testid={`rail-${drawer}`}
          onClick={() => editor.panels.toggleDrawer(drawer)}
        >
          <Icon name={icon} size={18} />
          {drawer === "problems" && problems > 0 && <span className="rail-mark" />}
          {drawer === "comments" && unread > 0 && <span className="rail-count" data-testid="unread-threads">{unread > 99 ? "99+" : unread}</span>}
        </button>
      ))}
      <button
        type="button"
        className="rail-tile"
        aria-label="Runbook"
        title="Runbook (R)"
        aria-pressed={runbook !== null}
        data-testid="rail-runbook"
        onClick={() => (runbook === null ? editor.panels.openRunbook() : editor.panels.runbook.set(null))}
      >
        <Icon name="book-open" size={18} />
      </button>
      <span className="spring" />
      <button
        type="button"
        className="rail-tile"
        aria-label="Messages"
        title="Messages"
        aria-pressed={open === "messages"}
        data-testid="rail-messages"
        onClick={() => editor.panels.toggleDrawer("messages")}
      >
        <Icon name="bell" size={18} />
      </button>
      <button
        type="button"
        className="rail-tile"
        aria-label="Show all keys"
        title="Show all keys (?)"
        data-testid="rail-keys"
        onClick={() => editor.panels.dialog.set("keys")}
      >
        <Icon name="keyboard" size={18} />
      </button>
    </nav>
  );
}
