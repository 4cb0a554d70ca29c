import { useId, useState } from "react";
import { ApiError } from "../../lib/api";
import { historyOf } from "../collab/history";
import { reason } from "../collab/follower";
import type { Point } from "../model/history";
import { useEditor } from "../model/hooks";
import { Button } from "../parts/Button";

/** What a moment is called: named ones are kept for ever. An empty name takes it away. */
export function NameForm({ point, onDone }: { point: Point | null; onDone: () => void }) {
  const history = historyOf(useEditor());
  const [name, setName] = useState(point?.name ?? "");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const own = useId();
  const save = async () => {
    if (!name.trim() && !point?.name) return setProblem("Write a name first.");
    setBusy(true);
    try {
      await history.name(point, name.trim());
      onDone();
    } catch (error) {
      setProblem((error instanceof ApiError && error.errors[0]?.message) || reason(error));
      setBusy(false);
    }
  };
  return (
    <form
      className="name-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onDone();
      }}
    >
      <label className="visually-hidden" htmlFor={own}>
        {point ? "Name of this point" : "Name of the draft as it is now"}
      </label>
      <input
        id={own}
        className="input"
        value={name}
        maxLength={120}
        placeholder="Before the new prompts"
        autoFocus
        aria-invalid={problem ? true : undefined}
        aria-describedby={problem ? `${own}-problem` : undefined}
        data-testid="point-name"
        onChange={(event) => setName(event.target.value)}
      />
      <Button type="submit" disabled={busy} data-testid="point-name-save">
        Save
      </Button>
      <Button look="quiet" onClick={onDone}>
        Cancel
      </Button>
      {problem && (
        <p id={`${own}-problem`} className="field-error" role="alert">
          {problem}
        </p>
      )}
    </form>
  );
}
