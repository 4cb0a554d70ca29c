import type { Problem } from "../model/boot";
import { useEditor, useProblems } from "../model/hooks";
import { Icon } from "../parts/Icon";

/** What is wrong, in words; each entry leads to its step. Errors keep the draft from being published. */
export function Problems() {
  const problems = useProblems();
  if (!problems.length)
    return <p className="panel-hint">No problems. The draft can be published.</p>;
  const sorted = problems.toSorted((a, b) => a.severity.localeCompare(b.severity));
  return (
    <ul className="problem-list" data-testid="problem-list">
      {sorted.map((problem, index) => (
        <li key={`${problem.node} ${problem.code} ${problem.field} ${index}`}>
          <Entry problem={problem} />
        </li>
      ))}
    </ul>
  );
}

function Entry({ problem }: { problem: Problem }) {
  const editor = useEditor();
  const there = editor.store.nodes.has(problem.node);
  const ofSettings = !problem.node && problem.field.startsWith("settings.");
  return (
    <button
      type="button"
      className={`problem problem-${problem.severity}`}
      disabled={!there && !ofSettings}
      data-testid="problem"
      onClick={() => (there ? editor.goTo(problem.node) : editor.panels.drawer.set("settings"))}
    >
      <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} />
      <span>
        {there && <strong>{editor.store.titleOf(problem.node)}</strong>}
        <span>{problem.message}</span>
        {problem.fix && <span className="quiet">{problem.fix}</span>}
      </span>
    </button>
  );
}
