import { useEffect, useState } from "react";
import { reason } from "../collab/follower";
import { VersionApi, type ReviewNeed, type Unpublished, type Version } from "../collab/versionApi";
import { useEditor, useObservable, useProblems } from "../model/hooks";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { ProblemLinks } from "../parts/ProblemLinks";
import { Contributions } from "./Contributions";
import { ReviewState } from "./ReviewState";

/** Freezes the draft as the next version: shows who changed what, asks for a note. */
export function PublishDialog({ onClose }: { onClose: () => void }) {
  const editor = useEditor();
  const problems = useProblems().filter((problem) => problem.severity === "error");
  const [done, setDone] = useState<Version | null>(null);
  return (
    <Dialog open onClose={onClose} title="Publish" wide={!done}>
      {done ? (
        <>
          <div className="dialog-body" role="status" data-testid="success-message">
            <p>
              <strong>{`Version ${done.number} is published.`}</strong> New runs use it from now on. Runs that have
              started keep theirs.
            </p>
          </div>
          <footer className="dialog-foot">
            <Button
              onClick={() => {
                onClose();
                editor.panels.drawer.set("history");
              }}
            >
              Show the history
            </Button>
            <Button look="primary" onClick={onClose}>
              Done
            </Button>
          </footer>
        </>
      ) : problems.length ? (
        <>
          <div className="dialog-body">
            <p>The draft cannot be published yet. Correct this first:</p>
            <ProblemLinks problems={problems} onGo={onClose} />
          </div>
          <footer className="dialog-foot">
            <Button onClick={onClose}>Close</Button>
          </footer>
        </>
      ) : (
        <PublishForm onClose={onClose} onDone={setDone} />
      )}
    </Dialog>
  );
}

function PublishForm({ onClose, onDone }: { onClose: () => void; onDone: (version: Version) => void }) {
  const editor = useEditor();
  const [api] = useState(() => new VersionApi(editor.boot.urls));
  const { published, has_unpublished_changes: differs } = useObservable(editor.version);
  const reviewed = useObservable(editor.reviewed);
  const [found, setFound] = useState<Unpublished | null>(null);
  const [need, setNeed] = useState<ReviewNeed | null>(null);
  const [notes, setNotes] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let here = true;
    const look = async () => {
      if (!editor.barred) await editor.sync?.();
      const [asked, unpublished] = await Promise.all([api.review(), api.unpublished()]);
      if (!here) return;
      setNeed(asked);
      setFound(unpublished);
      editor.version.set({ ...editor.version.value, has_unpublished_changes: !isSameAs(unpublished) });
    };
    look().catch((error: unknown) => here && setProblem(reason(error)));
    return () => {
      here = false;
    };
  }, [api, editor, published, differs, reviewed]); // anew when somebody edits while nothing had changed, or reviews
  const tried = async (action: () => Promise<void>) => {
    setBusy(true);
    setProblem("");
    try {
      if (!editor.barred) await editor.sync?.();
      await action();
    } catch (error) {
      setProblem(reason(error));
    }
    setBusy(false);
  };
  const publish = () =>
    tried(async () => {
      const version = await api.publish(notes.trim());
      editor.version.set({ ...editor.version.value, published: version.number, has_unpublished_changes: false });
      editor.announcer.say(`Version ${version.number} is published`);
      onDone(version);
    });
  const askForReview = () =>
    tried(async () => {
      setNeed(await api.requestReview(notes.trim()));
      editor.announcer.say("A review is asked for");
    });
  const isBarred = need !== null && !need.may_publish;
  const isSame = found !== null && isSameAs(found);
  const why = isSame ? { title: `Nothing has changed since version ${found.version}` } : {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void (isBarred ? askForReview() : publish());
      }}
    >
      <div className="dialog-body form-fields">
        {problem && (
          <p className="error-block" role="alert">
            {problem}
          </p>
        )}
        {found && <Contributions found={found} onGo={onClose} />}
        {!found && !problem && <p className="quiet" role="status">Comparing…</p>}
        {need !== null && need.needed > 0 && <ReviewState need={need} />}
        {!isSame && <div className="field">
          <label htmlFor="publish-notes">{isBarred ? "What reviewers should know" : "Notes"}</label>
          <textarea
            id="publish-notes"
            className="input"
            rows={3}
            value={notes}
            maxLength={10_000}
            placeholder={isBarred ? "What changed, and what to look at" : "What changed, for those who run it"}
            data-testid="publish-notes"
            onChange={(event) => setNotes(event.target.value)}
          />
        </div>}
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>Close</Button>
        {isBarred ? (
          <Button look="primary" type="submit" disabled={busy || editor.barred || isSame} {...why} data-testid="review-request">
            {need.review?.status === "open" ? "Ask again" : "Ask for a review"}
          </Button>
        ) : (
          <Button
            look="primary"
            type="submit"
            disabled={busy || isSame || (need === null && !problem)}
            {...why}
            data-testid="publish-confirm"
          >
            {`Publish version ${(published ?? 0) + 1}`}
          </Button>
        )}
      </footer>
    </form>
  );
}

function isSameAs({ version, contributions }: Unpublished): boolean {
  return version !== null && !contributions.length;
}
