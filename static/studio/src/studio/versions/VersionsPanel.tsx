import { useCallback, useEffect, useState } from "react";
import { reason } from "../collab/follower";
import { VersionApi, type Version } from "../collab/versionApi";
import type { Definition } from "../model/boot";
import { restoreStep, type Diff } from "../model/diff";
import { useEditor, useObservable } from "../model/hooks";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { When } from "../parts/When";
import { compare } from "./ComparedBar";
import { DiffList } from "./DiffList";

/** The published versions, newest first: compare each with the one before or with the draft, restore. */
export function VersionsPanel() {
  const editor = useEditor();
  const [api] = useState(() => new VersionApi(editor.boot.urls));
  const { published } = useObservable(editor.version);
  const [versions, setVersions] = useState<readonly Version[] | null>(null);
  const [problem, setProblem] = useState("");
  const [restoring, setRestoring] = useState<Version | null>(null);
  const [restored, setRestored] = useState<{ number: number; before: Definition } | null>(null);
  const load = useCallback(async () => {
    try {
      setVersions(await api.list());
      setProblem("");
    } catch (error) {
      setProblem(reason(error));
    }
  }, [api]);
  useEffect(() => void load(), [load, published]);

  const change = async (action: () => Promise<unknown>): Promise<boolean> => {
    try {
      await editor.sync?.();
      await action();
      await editor.sync?.();
      return true;
    } catch (error) {
      editor.say(reason(error), "bad");
      return false;
    }
  };
  const restore = async (version: Version) => {
    setRestoring(null);
    let before: Definition | null = null;
    const done = await change(async () => {
      before = editor.doc?.definition() ?? editor.boot.snapshot;
      await api.restore(version.number);
    });
    if (done && before) setRestored({ number: version.number, before });
    if (done) editor.version.set({ ...editor.version.value, has_unpublished_changes: version.number !== published });
  };
  const putBack = async () => {
    const was = restored?.before;
    if (was && (await change(() => api.putBack(was)))) {
      setRestored(null);
      editor.version.set({ ...editor.version.value, has_unpublished_changes: true });
      editor.say("The draft is what it was before.");
    }
  };
  return (
    <div className="versions" data-testid="versions-panel">
      {restored && (
        <p className="notice notice-ok" role="status" data-testid="success-message">
          <span className="notice-text">
            {`The draft is version ${restored.number} again. Nothing is lost: undo brings back what it was.`}
          </span>
          <Button icon="undo-2" onClick={() => void putBack()}>
            Undo
          </Button>
        </p>
      )}
      {problem && (
        <p className="panel-hint field-error" role="alert">
          {problem} <Button onClick={() => void load()}>Try again</Button>
        </p>
      )}
      {!versions && !problem && <p className="panel-hint">Loading the versions…</p>}
      {versions?.length === 0 && (
        <p className="panel-hint">Nothing is published yet. Publishing keeps the draft as version 1.</p>
      )}
      <ul>
        {versions?.map((version, index) => (
          <VersionRow
            key={version.id}
            api={api}
            version={version}
            before={versions[index + 1]?.number ?? null}
            onRestore={() => setRestoring(version)}
          />
        ))}
      </ul>
      {restoring && (
        <Dialog open onClose={() => setRestoring(null)} title={`Restore version ${restoring.number}`}>
          <div className="dialog-body">
            <p>{`The draft becomes what version ${restoring.number} is. What is published does not change, and you can undo it right after.`}</p>
          </div>
          <footer className="dialog-foot">
            <Button onClick={() => setRestoring(null)}>Keep the draft</Button>
            <Button look="primary" data-testid="restore-confirm" onClick={() => void restore(restoring)}>
              Restore
            </Button>
          </footer>
        </Dialog>
      )}
    </div>
  );
}

interface RowProps {
  api: VersionApi;
  version: Version;
  before: number | null;
  onRestore: () => void;
}

function VersionRow({ api, version, before, onRestore }: RowProps) {
  const editor = useEditor();
  const { published } = useObservable(editor.version);
  const over = useObservable(editor.compared)?.version === version.number;
  const [since, showSince] = useState(false);
  const layOver = () => {
    if (over) editor.compared.set(null);
    else
      compare(editor, version.number)
        .then((found) => editor.compared.set(found))
        .catch((error: unknown) => editor.say(reason(error), "bad"));
  };
  return (
    <li className="version" data-testid="version-row" data-number={version.number}>
      <p className="version-head">
        <strong>{`Version ${version.number}`}</strong>
        {version.number === published && <span className="pill pill-ok">Published</span>}
        <span className="spring" />
        <span className="quiet">
          <When time={version.created_at} />
        </span>
      </p>
      {version.notes && <p className="version-notes">{version.notes}</p>}
      <p className="quiet">{version.created_by ?? "Somebody who is gone"}</p>
      <div className="version-actions">
        {before !== null && (
          <Button
            look="quiet"
            aria-expanded={since}
            data-testid="version-changes"
            onClick={() => showSince(!since)}
          >
            {`Changes since ${before}`}
          </Button>
        )}
        <Button
          look="quiet"
          aria-expanded={over}
          data-testid="version-draft"
          onClick={layOver}
        >
          Compare with draft
        </Button>
        {!editor.readOnly && (
          <Button look="quiet" data-testid="version-restore" onClick={onRestore}>
            Restore
          </Button>
        )}
      </div>
      {since && before !== null && <Comparison api={api} from={before} to={version.number} />}
      {over && <WithDraft version={version.number} />}
    </li>
  );
}

function Comparison({ api, from, to }: { api: VersionApi; from: number; to: number }) {
  const editor = useEditor();
  const [diff, setDiff] = useState<Diff | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let here = true;
    const look = async () => {
      const found = await api.diff(from, to);
      if (here) setDiff(found);
    };
    look().catch((error: unknown) => here && setProblem(reason(error)));
    return () => {
      here = false;
    };
  }, [api, editor, from, to]);
  if (problem) return <p className="field-error">{problem}</p>;
  return diff ? <DiffList diff={diff} /> : <p className="quiet">Comparing…</p>;
}

/** A version over the draft, field by field; each step can be taken back. It stays on the canvas. */
function WithDraft({ version }: { version: number }) {
  const editor = useEditor();
  const compared = useObservable(editor.compared);
  if (compared?.version !== version) return null;
  const restore = editor.readOnly ? undefined : (step: string) => restoreStep(editor, compared, step);
  return <DiffList diff={compared.diff} onRestore={restore} />;
}
