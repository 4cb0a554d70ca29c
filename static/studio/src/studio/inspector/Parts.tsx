import { useEffect, useState } from "react";
import { followerOf } from "../collab/follower";
import { useEditor, useObservable, useRunOverlay } from "../model/hooks";
import type { RunDetails } from "../model/runs";
import { StatusPill } from "../parts/StatusPill";

/** The runs that go through the parts of a long list: its rounds are in them, not in the shown run. */
export function Parts({ holder }: { holder: string }) {
  const editor = useEditor();
  const run = useObservable(editor.shown.details);
  const overlay = useRunOverlay(holder);
  const [parts, setParts] = useState<readonly RunDetails[]>([]);
  const id = run?.id;
  const inFrames = editor.overlay.rounds.begun(editor.overlay.rounds.pathOf(holder)) > 0;
  const mayHave = !!overlay?.items && !inFrames;
  useEffect(() => {
    let current = true;
    setParts([]);
    if (id && mayHave)
      followerOf(editor)
        .api.parts(id)
        .then((found) => current && setParts(found.filter((each) => each.chunk?.node === holder)))
        .catch(() => undefined); // the page of the run has them too
    return () => {
      current = false;
    };
  }, [editor, id, holder, mayHave, overlay?.status]);
  if (!parts.length) return null;
  const sorted = parts.toSorted((a, b) => (a.chunk?.first ?? 0) - (b.chunk?.first ?? 0));
  return (
    <section className="data" aria-label="Runs of the parts" data-testid="parts">
      <header className="data-head">
        <h3>Its rounds are in other runs</h3>
      </header>
      <ul className="parts">
        {sorted.map(({ id: part, chunk, status }) => (
          <li key={part}>
            <a className="link" href={`/runs/${part}/`}>
              {chunk && `Items ${chunk.first + 1} to ${chunk.first + chunk.count}`}
            </a>
            <StatusPill status={status} />
          </li>
        ))}
      </ul>
    </section>
  );
}
