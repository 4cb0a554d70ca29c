import { useMemo } from "react";
import { useEditor } from "../model/hooks";
import { bars } from "../model/timeline";
import { STATUS } from "../parts/StatusPill";

interface Props {
  now: number;
  finishedAt: number | null;
  revision: number;
  span?: readonly [begin: number, end: number];
}

/** Who ran when, in one line; a picture of what the steps' list says in words. */
export function Timeline({ now, finishedAt, revision, span }: Props) {
  const editor = useEditor();
  const shown = useMemo(
    () => bars(editor.overlay.entries(), now, finishedAt, span),
    [editor, now, finishedAt, revision, span],
  );
  return (
    <div className="timeline" aria-hidden="true">
      {shown.map((bar) => (
        <span
          key={bar.id}
          className={`timeline-bar tone-${STATUS[bar.status].tone}`}
          title={editor.store.titleOf(bar.id)}
          style={{ left: `${bar.left}%`, width: `${bar.width}%` }}
        />
      ))}
    </div>
  );
}
