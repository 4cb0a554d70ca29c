import { useEffect, useState } from "react";
import { reason } from "../collab/follower";
import { loadPins, pinOutput, pinShown, unpin } from "../collab/trying";
import type { Step } from "../model/boot";
import { useEditor, useObservable, useStepRun } from "../model/hooks";
import { same, type Json } from "../model/json";
import { outputsOf } from "../model/ports";
import { Button } from "../parts/Button";
import { DataView } from "../parts/DataView";
import { Icon } from "../parts/Icon";
import { mayPin } from "../parts/RunPart";
import { When } from "../parts/When";

/** The output that stands in for a step in test runs: set it, look at it, edit it, take it away. */
export function PinnedOutput({ step }: { step: Step }) {
  const editor = useEditor();
  const pins = useObservable(editor.pins);
  const own = useStepRun(step.id);
  const [editing, setEditing] = useState(false);
  const pin = pins.get(step.id);
  const [problem, setProblem] = useState("");
  const [asked, ask] = useState(0);
  useEffect(() => {
    setProblem("");
    if (pin === null) loadPins(editor).catch((error: unknown) => setProblem(reason(error)));
  }, [editor, pin, asked]);
  if (!mayPin(editor, step.id)) return null;
  const given = own?.status === "succeeded" ? own : undefined;
  if (editing) {
    const [value, port] = pin ? [pin.output, pin.port] : [given?.output ?? {}, given?.port ?? ""];
    return <EditPin step={step} value={value} port={port} onDone={() => setEditing(false)} />;
  }
  if (pin === undefined)
    return (
      <div className="pin-actions">
        {given && (
          <Button icon="pin" data-testid="pin-output" onClick={() => void pinShown(editor, step.id)}>
            Pin output
          </Button>
        )}
        <Button look="quiet" icon="pencil" data-testid="pin-by-hand" onClick={() => setEditing(true)}>
          {given ? "Edit and pin" : "Write an output"}
        </Button>
      </div>
    );
  const stale = pin && given && !given.pinned && !same(pin.output, given.output);
  return (
    <section className="pinned" aria-label="Pinned output" data-testid="pinned-output">
      <p className="pinned-head">
        <Icon name="pin" size={14} />
        <span>
          <strong>Pinned.</strong> Test runs take this; the step does not run.{" "}
          {pin?.pinned_by && (
            <span className="quiet">
              By {pin.pinned_by} <When time={pin.pinned_at} />
            </span>
          )}
        </span>
      </p>
      {pin ? <DataView label="Pinned output" value={pin.output} path={`nodes.${step.id}.output`} testId="pinned-json" /> : <Waiting problem={problem} again={() => ask(asked + 1)} />}
      <div className="pin-actions">
        <Button icon="pencil" onClick={() => setEditing(true)} disabled={!pin}>
          Edit
        </Button>
        <Button look="quiet" icon="x" data-testid="unpin" onClick={() => void unpin(editor, step.id)}>
          Unpin
        </Button>
        {stale && (
          <Button look="quiet" icon="repeat" data-testid="pin-replace" onClick={() => void pinShown(editor, step.id)}>
            Pin what this run gave
          </Button>
        )}
      </div>
    </section>
  );
}

function Waiting({ problem, again }: { problem: string; again: () => void }) {
  if (!problem) return <p className="quiet" role="status">Loading…</p>;
  return (
    <p className="field-error" role="alert">
      {problem} <Button look="quiet" onClick={again}>Try again</Button>
    </p>
  );
}

interface EditProps {
  step: Step;
  value: Json;
  port: string;
  onDone: () => void;
}

function EditPin({ step, value, port, onDone }: EditProps) {
  const editor = useEditor();
  const ports = outputsOf(editor.types.get(step.type), step).filter(({ name }) => name !== "error" && name !== "undo");
  const [text, setText] = useState(() => JSON.stringify(value, null, 2));
  const [way, setWay] = useState(port || (ports.length > 1 ? (ports[0]?.name ?? "") : ""));
  const [problem, setProblem] = useState("");
  const save = async () => {
    let output: Json;
    try {
      output = JSON.parse(text) as Json;
    } catch (error) {
      setProblem(`This is no JSON: ${(error as Error).message}`);
      return;
    }
    if (await pinOutput(editor, step.id, output, way)) onDone();
  };
  return (
    <section className="pinned" aria-label="Edit the pinned output">
      {ports.length > 1 && (
        <div className="field">
          <label htmlFor="pin-port">Leaves by</label>
          <select id="pin-port" className="input" value={way} onChange={(event) => setWay(event.target.value)}>
            {ports.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </div>
      )}
      <div className="field">
        <label htmlFor="pin-json">Output as JSON</label>
        <textarea
          id="pin-json"
          className="input input-mono"
          rows={Math.min(18, Math.max(6, text.split("\n").length))}
          value={text}
          spellCheck={false}
          autoFocus
          aria-invalid={problem !== "" || undefined}
          aria-describedby={problem ? "pin-problem" : undefined}
          data-testid="pin-json"
          onChange={(event) => {
            setText(event.target.value);
            setProblem("");
          }}
        />
        {problem && (
          <span className="field-error" id="pin-problem">
            {problem}
          </span>
        )}
      </div>
      <div className="pin-actions">
        <Button icon="pin" data-testid="pin-save" onClick={() => void save()}>
          Pin
        </Button>
        <Button look="quiet" onClick={onDone}>
          Cancel
        </Button>
      </div>
    </section>
  );
}
