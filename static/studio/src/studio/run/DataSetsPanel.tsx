import { useCallback, useEffect, useState } from "react";
import { dataSetsOf, type DataSets, type Outcome, type Verdict } from "../collab/dataSets";
import { followerOf, reason } from "../collab/follower";
import type { DataSet } from "../collab/tryingApi";
import { changedLines } from "../model/changes";
import { useEditor, useObservable } from "../model/hooks";
import { isObject, type Json, type JsonObject } from "../model/json";
import { sampleInputs } from "../model/startForm";
import { duration, money } from "../model/summary";
import { Button, IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";

const LOOKS: Record<Verdict, { word: string; icon: string; tone: string }> = {
  running: { word: "Running", icon: "loader-circle", tone: "accent" },
  passed: { word: "As expected", icon: "check", tone: "ok" },
  differs: { word: "Differs", icon: "x", tone: "bad" },
  none: { word: "Done", icon: "check", tone: "neutral" },
  failed: { word: "Failed", icon: "x", tone: "bad" },
  open: { word: "Not finished", icon: "hand", tone: "wait" },
};

/** Inputs to try the workflow with: run all with one press, and compare what comes out. */
export function DataSetsPanel() {
  const editor = useEditor();
  const [all] = useState(() => dataSetsOf(editor));
  const sets = useObservable(all.sets);
  const outcomes = useObservable(all.outcomes);
  const [problem, setProblem] = useState("");
  const [adding, setAdding] = useState(false);
  const busy = [...outcomes.values()].some(({ verdict }) => verdict === "running");
  const { edit, run } = editor.boot.permissions;
  const load = useCallback(() => {
    setProblem("");
    all.load().catch((error: unknown) => setProblem(reason(error)));
  }, [all]);
  useEffect(() => {
    if (edit) load();
  }, [load, edit]);
  const runAll = () => {
    setProblem("");
    if (sets) all.run(sets).catch((error: unknown) => setProblem(reason(error)));
  };
  if (!edit) return <p className="panel-hint">Test data is for those who may edit the workflow.</p>;
  return (
    <div className="data-sets" data-testid="data-sets">
      {problem && (
        <p className="field-error" role="alert">
          {problem} {!sets && <Button look="quiet" onClick={load}>Try again</Button>}
        </p>
      )}
      {!sets && !problem && <p className="panel-hint">Loading…</p>}
      {sets?.length === 0 && !adding && (
        <p className="panel-hint">No test data yet. Keep inputs here, run them all with one press, and see what changed.</p>
      )}
      <div className="data-sets-actions">
        {run && !!sets?.length && (
          <Button icon="play" disabled={busy} data-testid="run-all" onClick={runAll}>
            {busy ? "Running…" : "Run all"}
          </Button>
        )}
        {sets && !adding && (
          <Button look="quiet" icon="plus" data-testid="add-set" onClick={() => setAdding(true)}>
            Add
          </Button>
        )}
      </div>
      {!busy && outcomes.size > 0 && <p className="quiet" role="status">{all.words()}</p>}
      {adding && <SetForm all={all} onDone={() => setAdding(false)} />}
      <ul>
        {sets?.map((set) => (
          <SetRow key={set.id} all={all} set={set} outcome={outcomes.get(set.id)} />
        ))}
      </ul>
    </div>
  );
}

function SetRow({ all, set, outcome }: { all: DataSets; set: DataSet; outcome: Outcome | undefined }) {
  const editor = useEditor();
  const [editing, setEditing] = useState(false);
  const tried = (action: Promise<unknown>) => action.catch((error: unknown) => editor.say(reason(error), "bad"));
  if (editing) return <li><SetForm all={all} set={set} onDone={() => setEditing(false)} /></li>;
  const look = outcome && LOOKS[outcome.verdict];
  const answered = outcome && ["passed", "differs", "none"].includes(outcome.verdict);
  return (
    <li className="data-set" data-testid="data-set" data-verdict={outcome?.verdict}>
      <p className="data-set-line">
        <strong className="truncate">{set.name}</strong>
        <span className="spring" />
        {look && (
          <span className={`pill pill-${look.tone}`}>
            <Icon name={look.icon} size={12} />
            {look.word}
          </span>
        )}
        <IconButton icon="pencil" label={`Edit ${set.name}`} onClick={() => setEditing(true)} />
        <IconButton icon="trash-2" label={`Remove ${set.name}`} onClick={() => void tried(all.remove(set.id))} />
      </p>
      <p className="quiet truncate mono">{JSON.stringify(set.inputs)}</p>
      {outcome?.problem && <p className={outcome.verdict === "open" ? "quiet" : "field-error"}>{outcome.problem}</p>}
      {answered && (
        <p className="quiet mono">{[outcome.ms !== null && duration(outcome.ms), money(outcome.cost) !== "–" && money(outcome.cost)].filter(Boolean).join(" · ")}</p>
      )}
      {outcome?.verdict === "differs" && <Difference before={set.expected} after={outcome.outputs} />}
      {outcome?.verdict === "none" && <pre className="data-json data-set-output">{JSON.stringify(outcome.outputs, null, 2)}</pre>}
      <div className="data-set-line">
        {editor.boot.permissions.run && (
          <Button look="quiet" icon="play" aria-label={`Run ${set.name}`} onClick={() => void tried(all.run([set]))}>
            Run
          </Button>
        )}
        {answered && outcome.verdict !== "passed" && (
          <Button look="quiet" icon="check" data-testid="expect-output" onClick={() => void tried(all.change(set.id, { compares: true, expected: outcome.outputs }))}>
            Expect this
          </Button>
        )}
        {outcome?.run && (
          <Button look="quiet" onClick={() => void tried(followerOf(editor).show(outcome.run ?? ""))}>
            Show run
          </Button>
        )}
      </div>
    </li>
  );
}

/** What should have come out, and what did. */
function Difference({ before, after }: { before: Json; after: Json }) {
  const lines = changedLines(before, after);
  return (
    <dl className="diff-fields">
      <dd className="diff-before">
        <span className="visually-hidden">expected: </span>
        {lines.before || "nothing"}
      </dd>
      <dd className="diff-after">
        <span className="visually-hidden">came out: </span>
        {lines.after || "nothing"}
      </dd>
    </dl>
  );
}

/** Name, inputs and expectation of a set; a new one begins with the inputs of the shown run, else with the start's fields. */
function SetForm({ all, set, onDone }: { all: DataSets; set?: DataSet; onDone: () => void }) {
  const editor = useEditor();
  const shown = editor.shown.details.value?.inputs;
  const [name, setName] = useState(set?.name ?? "");
  const [inputs, setInputs] = useState(() => JSON.stringify(set?.inputs ?? (isObject(shown) ? shown : sampleInputs(editor.store)), null, 2));
  const [expected, setExpected] = useState(() => (set?.compares ? JSON.stringify(set.expected, null, 2) : ""));
  const [problem, setProblem] = useState("");
  const save = async () => {
    try {
      const change = { name: name.trim(), inputs: read(inputs) as JsonObject };
      if (!isObject(change.inputs)) throw new Error("Inputs are an object: { … }.");
      if (!set) await all.add(change.name, change.inputs);
      else await all.change(set.id, { ...change, compares: expected.trim() !== "", expected: expected.trim() ? read(expected) : null });
      onDone();
    } catch (error) {
      setProblem(reason(error));
    }
  };
  const own = set?.id ?? "new";
  return (
    <form
      className="data-set-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation(); // it leaves the form, not the panel around it
        onDone();
      }}
    >
      <div className="field">
        <label htmlFor={`set-name-${own}`}>Name</label>
        <input id={`set-name-${own}`} className="input" value={name} maxLength={120} required autoFocus data-testid="set-name" onChange={(event) => setName(event.target.value)} />
      </div>
      <div className="field">
        <label htmlFor={`set-inputs-${own}`}>Inputs as JSON</label>
        <textarea id={`set-inputs-${own}`} className="input input-mono" rows={6} value={inputs} spellCheck={false} data-testid="set-inputs" onChange={(event) => setInputs(event.target.value)} />
      </div>
      {set && (
        <div className="field">
          <label htmlFor={`set-expected-${own}`}>What should come out</label>
          <textarea id={`set-expected-${own}`} className="input input-mono" rows={4} value={expected} placeholder="Empty: nothing is compared" spellCheck={false} onChange={(event) => setExpected(event.target.value)} />
        </div>
      )}
      {problem && <p className="field-error" role="alert">{problem}</p>}
      <div className="data-set-line">
        <Button type="submit" data-testid="set-save">
          Save
        </Button>
        <Button look="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function read(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw new Error(`This is no JSON: ${(error as Error).message}`);
  }
}
