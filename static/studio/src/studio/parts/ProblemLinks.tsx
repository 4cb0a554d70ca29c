import type { Problem } from "../model/boot";
import { useEditor } from "../model/hooks";
import { settingOf } from "../model/problems";
import { Icon } from "./Icon";

/** Problems in words; each one that is about a step leads there. */
export function ProblemLinks({ problems, onGo }: { problems: readonly Problem[]; onGo: () => void }) {
  const editor = useEditor();
  if (!problems.length) return null;
  return (
    <ul className="problem-links" data-testid="blocking-problems">
      {problems.map((problem, index) => {
        const there = editor.store.nodes.has(problem.node);
        return (
          <li key={index}>
            <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} size={14} />
            <span>
              {there && (
                <strong>
                  {[editor.store.titleOf(problem.node), settingOf(editor.store, problem)].filter(Boolean).join(" · ")}:{" "}
                </strong>
              )}
              {problem.message} <span className="quiet">{problem.fix}</span>
            </span>
            {there && (
              <button
                type="button"
                className="link"
                onClick={() => {
                  onGo();
                  editor.panels.tab.set("setup");
                  editor.goTo(problem.node);
                }}
              >
                Go to step
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
