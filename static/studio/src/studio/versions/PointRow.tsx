import { useEffect, useState } from "react";
import { reason } from "../collab/follower";
import { historyOf } from "../collab/history";
import type { Diff } from "../model/diff";
import { changeLines, clock, peopleWords, titleOf, type Point } from "../model/history";
import { useEditor, useObservable } from "../model/hooks";
import { Avatar } from "../parts/Avatar";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";
import { DiffList } from "./DiffList";
import { NameForm } from "./NameForm";

const MOST_LINES = 3;
const WAYS: Partial<Record<Point["kind"], string>> = {
  api: "Through the API",
  import: "Imported",
  restore: "Went back",
};

/** A point: who, when and what in words; chosen, it is on the canvas and tells the rest. */
export function PointRow({ point }: { point: Point }) {
  const editor = useEditor();
  const history = historyOf(editor);
  const isShown = useObservable(history.shown)?.point.id === point.id;
  const { published } = useObservable(editor.version);
  const [naming, setNaming] = useState(false);
  const choose = () => (isShown ? history.leave() : void history.show(point));
  return (
    <li className="point" data-shown={isShown || undefined} data-testid="history-point" data-kind={point.kind} data-version={point.version ?? undefined}>
      <button type="button" className="point-head" aria-expanded={isShown} onClick={choose}>
        <Faces point={point} />
        <span className="point-words">
          <span className="point-who">
            <strong className="truncate">{point.name || (point.version === null ? peopleWords(point) : `Version ${point.version}`)}</strong>
            {point.name && <Icon name="tag" size={12} />}
            <span className="spring" />
            <time className="quiet" dateTime={point.created_at} title={new Date(point.created_at).toISOString().replace("T", " ").replace(/\.\d+Z/, " UTC")}>
              {clock(point.created_at).split(", ").at(-1)}
            </time>
          </span>
          <What point={point} isWhole={isShown} />
        </span>
        {point.version !== null && point.version === published && <span className="pill pill-ok">Published</span>}
      </button>
      {naming && <NameForm point={point} onDone={() => setNaming(false)} />}
      {isShown && <More point={point} onName={() => setNaming(true)} />}
    </li>
  );
}

function Faces({ point }: { point: Point }) {
  const [first] = point.authors;
  if (point.version === null && first) return <Avatar person={first} />;
  return (
    <span className="point-machine">
      <Icon name={point.version === null ? "wrench" : "rocket"} size={14} />
    </span>
  );
}

/** What changed in words; of a named or published point also who did it. */
function What({ point, isWhole }: { point: Point; isWhole: boolean }) {
  const { types } = useEditor();
  const lines = changeLines(point, types);
  const way = WAYS[point.kind];
  const lead = [point.name || point.version !== null ? peopleWords(point) : "", point.name && point.version !== null ? `Version ${point.version}` : "", way ?? ""];
  const said = lead.filter(Boolean).join(" · ");
  const kept = isWhole ? lines : lines.slice(0, MOST_LINES);
  return (
    <span className="point-what">
      {said && <span className="quiet">{said}</span>}
      {point.notes && <span className="point-notes">{point.notes}</span>}
      {kept.map((line) => (
        <span key={line}>{line}</span>
      ))}
      {kept.length < lines.length && <span className="quiet">{`and ${lines.length - kept.length} more`}</span>}
      {!lines.length && point.version === null && <span className="quiet">Changed and put back</span>}
    </span>
  );
}

/** What can be done with the point that is shown, and how it differs, field by field. */
function More({ point, onName }: { point: Point; onName: () => void }) {
  const editor = useEditor();
  const history = historyOf(editor);
  const compared = useObservable(editor.compared);
  const layout = useObservable(history.layout);
  const [then, setThen] = useState(false);
  const before = point.version === null || point.version > 1;
  const restore = editor.barred || !compared ? undefined : (step: string) => history.restoreStep(compared.before, step, point);
  return (
    <div className="point-more">
      <div className="point-actions">
        <Button look="quiet" className="only-narrow" icon="eye" onClick={() => editor.panels.drawer.set(null)}>
          See it
        </Button>
        {!editor.barred && (
          <Button look="quiet" icon="rotate-ccw" data-testid="point-restore" onClick={() => history.asked.set(point)}>
            Restore
          </Button>
        )}
        {!editor.barred && (
          <Button look="quiet" icon="tag" data-testid="point-rename" onClick={onName}>
            {point.name ? "Rename" : "Name"}
          </Button>
        )}
        {before && (
          <Button look="quiet" icon={then ? "chevron-down" : "chevron-right"} aria-expanded={then} data-testid="point-changes" onClick={() => setThen(!then)}>
            {point.version === null ? "What changed" : `Since version ${point.version - 1}`}
          </Button>
        )}
      </div>
      {then && <Then point={point} />}
      <h4 className="point-title">Since then</h4>
      {compared ? <DiffList diff={compared.diff} onRestore={restore} layout={layout} /> : <p className="quiet" role="status">Comparing…</p>}
      {editor.barred && <p className="quiet">You may look at the history. Going back needs the right to edit.</p>}
    </div>
  );
}

/** What changed in the point itself; of a version, since the one before. */
function Then({ point }: { point: Point }) {
  const { api, layout: shown } = historyOf(useEditor());
  const layout = useObservable(shown);
  const { id, seq, version } = point;
  const [diff, setDiff] = useState<Diff | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let here = true;
    const asked = version === null ? api.diff(id, "before", layout) : api.between(version - 1, version);
    asked.then((found) => here && setDiff(found), (error: unknown) => here && setProblem(reason(error)));
    return () => {
      here = false;
    };
  }, [api, id, seq, version, layout]);
  if (problem) return <p className="field-error" role="alert">{problem}</p>;
  return (
    <section aria-label={`What changed in ${titleOf(point)}`}>
      {diff ? <DiffList diff={diff} layout={layout} /> : <p className="quiet" role="status">Comparing…</p>}
    </section>
  );
}
