import type { Problem } from "../model/boot";
import { useEditor } from "../model/hooks";
import { inOrder, settingOf, type Entry } from "../model/problems";
import { counted } from "../model/summary";
import { Icon } from "./Icon";

/** Problems in words; each one that is about a step leads there, one of many steps to the list of all. */
export function ProblemLinks({ problems, onGo }: { problems: readonly Problem[]; onGo: () => void }) {
  const { store } = useEditor();
  if (!problems.length) return null;
  return (
    <ul className="problem-links" data-testid="blocking-problems">
      {inOrder(store, problems).map((entry, index) => (
        <Row key={index} entry={entry} onGo={onGo} />
      ))}
    </ul>
  );
}

function Row({ entry, onGo }: { entry: Entry; onGo: () => void }) {
  const editor = useEditor();
  const [problem] = entry;
  const many = entry.length > 1;
  const there = editor.store.nodes.has(problem.node);
  const names = many
    ? [counted(entry.length, "steps")]
    : [there && editor.store.titleOf(problem.node), settingOf(editor.store, problem)].filter(Boolean);
  const go = () => {
    onGo();
    if (many) editor.panels.drawer.set("problems");
    else {
      editor.panels.tab.set("setup");
      editor.goTo(problem.node);
    }
  };
  return (
    <li>
      <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} size={14} />
      <span>
        {names.length > 0 && <strong>{names.join(" · ")}: </strong>}
        {problem.message} <span className="quiet">{problem.fix}</span>
      </span>
      {(many || there) && (
        <button type="button" className="link" onClick={go}>
          {many ? "Show the steps" : "Go to step"}
        </button>
      )}
    </li>
  );
}
