import { useEffect, useRef, useState } from "react";
import { useEditor, useMeta, useObservable, useOverwrite, useProblems } from "../model/hooks";
import * as ops from "../model/ops";
import { saveWords } from "../model/saving";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { lazily } from "../parts/lazily";
import { ThemeSwitch } from "./ThemeSwitch";

const Account = lazily(async () => (await import("./Account")).Account);
const People = lazily(async () => (await import("./People")).People);

/** Where one is, whether it is saved, and what can be done with the whole workflow. */
export function TopBar() {
  const editor = useEditor();
  const { permissions, urls, workflow } = editor.boot;
  const version = useObservable(editor.version);
  return (
    <header className="top-bar">
      <nav aria-label="Breadcrumb" className="crumbs">
        <a href="/" className="brand">
          Auterity
        </a>
        <span aria-hidden="true">/</span>
        <a href={urls.list}>{workflow.folder ?? "Workflows"}</a>
        <span aria-hidden="true">/</span>
        <Name />
      </nav>
      <span className="pill pill-neutral" data-testid="version">
        {version.published === null
          ? "Draft"
          : version.has_unpublished_changes
            ? `Draft · v${version.published}`
            : `v${version.published}`}
      </span>
      <SaveMark />
      <span className="spring" />
      <People />
      <ProblemCount />
      <Button
        look="quiet"
        className="search-button"
        hint="Ctrl K"
        onClick={() => editor.panels.dialog.set("commands")}
      >
        Search
      </Button>
      <ThemeSwitch />
      <Account />
      {permissions.run && (
        <Button
          icon="play"
          data-testid="run-button"
          onClick={() => editor.panels.dialog.set("run")}
        >
          Test run
        </Button>
      )}
      {permissions.publish && (
        <Button
          look="primary"
          data-testid="publish-button"
          onClick={() => editor.panels.dialog.set("publish")}
        >
          Publish
        </Button>
      )}
    </header>
  );
}

/** The workflow's name; press it to change it. */
function Name() {
  const editor = useEditor();
  useObservable(editor.past);
  const { name } = useMeta();
  const [editing, setEditing] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const byKey = useRef(false); // then the keyboard goes back to where it came from
  useEffect(() => {
    if (!editing && byKey.current) button.current?.focus();
    byKey.current = false;
  }, [editing]);
  const renamed = useOverwrite("meta/name");
  useEffect(() => {
    if (renamed) editor.say(`${renamed.by || "Somebody"} renamed the workflow after you had.`);
  }, [editor, renamed]);
  if (!editing)
    return (
      <h1 title={name}>
        {editor.readOnly ? (
          name
        ) : (
          <button ref={button} type="button" className="name-button truncate" onClick={() => setEditing(true)}>
            {name}
          </button>
        )}
      </h1>
    );
  const done = (value: string) => {
    setEditing(false);
    const wanted = value.trim();
    if (wanted && wanted !== name) editor.gesture((doc) => ops.setDetail(doc, "name", wanted));
  };
  return (
    <input
      className="input name-input"
      aria-label="Name of the workflow"
      defaultValue={name}
      maxLength={200}
      autoFocus
      onFocus={(event) => event.currentTarget.select()}
      onBlur={(event) => !byKey.current && done(event.currentTarget.value)}
      onKeyDown={(event) => {
        byKey.current = event.key === "Enter" || event.key === "Escape";
        if (byKey.current) event.preventDefault(); // else the button that gets the keyboard is pressed, too
        if (event.key === "Enter") done(event.currentTarget.value);
        if (event.key === "Escape") setEditing(false);
      }}
    />
  );
}

function SaveMark() {
  const editor = useEditor();
  const state = useObservable(editor.saving);
  if (editor.barred && state.kind !== "shut") return <span className="pill pill-neutral">View only</span>;
  return (
    <span
      className={`save-state save-${state.kind}`}
      role="status"
      data-testid="save-state"
      data-state={state.kind}
      title={saveWords(state)}
    >
      {state.kind === "offline" && <Icon name="cloud-off" size={14} />}
      {(state.kind === "refused" || state.kind === "shut") && <Icon name="triangle-alert" size={14} />}
      {saveWords(state)}
    </span>
  );
}

function ProblemCount() {
  const editor = useEditor();
  const problems = useProblems();
  const errors = problems.filter((problem) => problem.severity === "error").length;
  if (!problems.length) return null;
  return (
    <button
      type="button"
      className={`pill problem-count ${errors ? "pill-bad" : "pill-warn"}`}
      data-testid="problem-count"
      onClick={() => editor.panels.toggleDrawer("problems")}
    >
      <Icon name={errors ? "circle-alert" : "triangle-alert"} size={14} />
      {problems.length === 1 ? "1 problem" : `${problems.length} problems`}
    </button>
  );
}

