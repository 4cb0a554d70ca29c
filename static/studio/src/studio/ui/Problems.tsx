import { useMemo, useState } from "react";
import type { Problem } from "../model/boot";
import { useEditor, useGraph, useProblems } from "../model/hooks";
import { inOrder, settingOf, type Entry } from "../model/problems";
import { counted } from "../model/summary";
import { Icon } from "../parts/Icon";

const FEW = 5; // of the steps with the same problem, until somebody wants to see all

/** What is wrong, in words; each entry leads to its step. Errors keep the draft from being published. */
export function Problems() {
  const { store } = useEditor();
  const problems = useProblems();
  const revision = useGraph();
  const entries = useMemo(() => inOrder(store, problems), [store, problems, revision]);
  if (!problems.length)
    return <p className="panel-hint">No problems. The draft can be published.</p>;
  return (
    <ul className="problem-list" data-testid="problem-list">
      {entries.map((entry) => {
        const [{ node, code, field, message }, ...more] = entry;
        return <li key={`${node} ${code} ${field} ${message}`}>{more.length ? <Many entry={entry} /> : <One problem={entry[0]} />}</li>;
      })}
    </ul>
  );
}

function One({ problem }: { problem: Problem }) {
  const editor = useEditor();
  const there = editor.store.nodes.has(problem.node);
  const ofSettings = !problem.node && problem.field.startsWith("settings.");
  return (
    <button
      type="button"
      className={`problem problem-${problem.severity}`}
      disabled={!there && !ofSettings}
      data-testid="problem"
      onClick={() => (there ? goTo(editor, problem.node) : editor.panels.drawer.set("settings"))}
    >
      <Sign problem={problem} />
      <span>
        {there && (
          <strong>
            {[editor.store.titleOf(problem.node), settingOf(editor.store, problem)].filter(Boolean).join(" · ")}
          </strong>
        )}
        <Said problem={problem} />
      </span>
    </button>
  );
}

/** The same problem of many steps: said once, with the steps to go through. */
function Many({ entry }: { entry: Entry }) {
  const editor = useEditor();
  const [all, setAll] = useState(false);
  const [first] = entry;
  const shown = all ? entry : entry.slice(0, FEW);
  return (
    <section className={`problem problem-many problem-${first.severity}`} data-testid="problem">
      <Sign problem={first} />
      <span>
        <strong>{counted(entry.length, "steps")}</strong>
        <Said problem={first} />
        <ul className="problem-steps">
          {shown.map(({ node }, index) => (
            <li key={`${node} ${index}`}>
              <button type="button" className="link truncate" data-testid="problem-step" onClick={() => goTo(editor, node)}>
                {editor.store.titleOf(node)}
              </button>
            </li>
          ))}
        </ul>
        {entry.length > FEW && (
          <button type="button" className="link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "Show fewer" : `Show all ${entry.length}`}
          </button>
        )}
      </span>
    </section>
  );
}

function goTo(editor: ReturnType<typeof useEditor>, node: string): void {
  editor.panels.tab.set("setup");
  editor.goTo(node);
}

function Sign({ problem }: { problem: Problem }) {
  return <Icon name={problem.severity === "error" ? "circle-alert" : "triangle-alert"} />;
}

function Said({ problem: { message, fix } }: { problem: Problem }) {
  return (
    <>
      <span>{message}</span>
      {fix && <span className="quiet">{fix}</span>}
    </>
  );
}
