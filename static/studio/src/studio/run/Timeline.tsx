import { useMemo } from "react";
import { useEditor } from "../model/hooks";
import type { Replay } from "../model/replay";
import { duration } from "../model/summary";
import { bars } from "../model/timeline";
import { STATUS } from "../parts/StatusPill";

interface Props {
  now: number;
  finishedAt: number | null;
  revision: number;
  replay?: Replay;
}

/** Who ran when, in one line; a picture of what the steps' list says in words. */
export function Timeline({ now, finishedAt, revision, replay }: Props) {
  const editor = useEditor();
  const shown = useMemo(() => {
    const placeOf = replay && ((moment: number) => replay.scale.place(moment - replay.begin));
    return bars(editor.overlay.entries(), now, finishedAt, placeOf);
  }, [editor, now, finishedAt, revision, replay]);
  return (
    <div className="timeline" aria-hidden="true">
      {replay?.scale.folded.map(([from, to]) => (
        <span
          key={from}
          className="timeline-folded"
          title={`${duration(to - from)} without work`}
          style={{ left: `${replay.scale.place(from) * 100}%`, right: `${100 - replay.scale.place(to) * 100}%` }}
        />
      ))}
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
