import { useEffect } from "react";
import { historyOf, type Way } from "../collab/history";
import { changeLines, clock, peopleWords, titleOf, type Point } from "../model/history";
import { useEditor, useObservable } from "../model/hooks";
import { Button, IconButton } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Icon } from "../parts/Icon";

const WAYS: [Way, string][] = [
  ["past", "As it was"],
  ["over", "Over the draft"],
];

/** Says which moment of the history the canvas shows, and goes to others. */
export function PastBar() {
  const editor = useEditor();
  const history = historyOf(editor);
  const shown = useObservable(history.shown);
  const compared = useObservable(editor.compared);
  const asked = useObservable(history.asked);
  const layout = useObservable(history.layout);
  const listed = useObservable(editor.panels.drawer) === "history";
  useEffect(() => (shown ? history.onEdited(() => history.edited()) : undefined), [history, shown]);
  return (
    <>
      {shown && (
        <section
          className="past-bar"
          aria-label="A moment of the history"
          data-testid="past-bar"
          data-way={shown.way}
          onKeyDown={(event) => event.key === "Escape" && close()}
        >
          <div className="past-line">
            <Icon name="history" />
            <p className="truncate" role="status">
              <strong>{titleOf(shown.point)}</strong>
              <span className="quiet">{compared ? ` Since then: ${compared.words()}` : " Loading…"}</span>
            </p>
            <IconButton icon="x" label="Back to the draft" data-testid="past-close" onClick={close} />
          </div>
          <div className="past-line">
            <Slider point={shown.point} />
            <div className="segmented" role="group" aria-label="How it is shown">
              {WAYS.map(([way, words]) => (
                <button key={way} type="button" aria-pressed={shown.way === way} data-testid={`past-way-${way}`} onClick={() => void history.show(shown.point, way)}>
                  {words}
                </button>
              ))}
            </div>
            <label className="check">
              <input type="checkbox" checked={layout} data-testid="past-layout" onChange={(event) => void history.showLayout(event.target.checked)} />
              Moved steps too
            </label>
            {!listed && (
              <Button look="quiet" onClick={() => editor.panels.drawer.set("history")}>
                Field by field
              </Button>
            )}
            {!editor.barred && (
              <Button data-testid="past-restore" onClick={() => history.asked.set(shown.point)}>
                Restore
              </Button>
            )}
          </div>
        </section>
      )}
      {asked && <RestoreDialog point={asked} />}
    </>
  );

  function close() {
    history.leave();
    editor.view.focus();
  }
}

/** Drag through the history: to the right is now. */
function Slider({ point }: { point: Point }) {
  const editor = useEditor();
  const history = historyOf(editor);
  const points = useObservable(history.points) ?? [];
  const now = points.length;
  const at = points.findIndex(({ id }) => id === point.id);
  const what = changeLines(point, editor.types)[0] ?? "";
  const words = `${titleOf(point)}, ${peopleWords(point)}, ${clock(point.created_at)}${what ? `: ${what}` : ""}`;
  const go = (value: number) => {
    if (value >= now) return history.leave();
    const found = points[now - 1 - value];
    if (found) history.seek(found);
    if (value === 0) void history.loadOlder();
  };
  if (at < 0) return null;
  return (
    <input
      type="range"
      className="past-range"
      aria-label="Moment of the history"
      aria-valuetext={words}
      title={words}
      min={0}
      max={now}
      step={1}
      value={now - 1 - at}
      data-testid="past-range"
      onChange={(event) => go(Number(event.target.value))}
    />
  );
}

function RestoreDialog({ point }: { point: Point }) {
  const history = historyOf(useEditor());
  const keep = () => history.asked.set(null);
  return (
    <Dialog open onClose={keep} title={`Restore ${titleOf(point)}`}>
      <div className="dialog-body">
        <p>
          The draft becomes what it was then, as an edit on top of what is there. What is published does not change, and
          Ctrl+Z takes it back.
        </p>
      </div>
      <footer className="dialog-foot">
        <Button onClick={keep}>Keep the draft</Button>
        <Button look="primary" data-testid="restore-confirm" onClick={() => void history.restore(point)}>
          Restore
        </Button>
      </footer>
    </Dialog>
  );
}
