import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import { useEditor, useObservable } from "../model/hooks";
import { KindTile } from "../parts/KindTile";
import { DiffMark } from "./CardParts";

/** A step that the canvas has not itself, where it stood or stands: it went, or came, since then. */
export const GhostCard = memo(function GhostCard({ id }: NodeProps) {
  const editor = useEditor();
  const compared = useObservable(editor.compared);
  const step = compared?.ghosts.find((each) => `ghost ${each.id}` === id);
  if (!compared || !step) return null;
  const type = editor.types.get(step.type);
  const title = step.title || type?.label || step.type;
  const { missing, then } = compared;
  return (
    <article className={`step step-ghost step-${missing}`} aria-label={`${title}, ${missing} since ${then}`} data-testid="ghost" data-diff={missing}>
      <DiffMark how={missing} />
      <header className="step-head">
        <KindTile type={type} />
        <h2 className="step-title truncate">{title}</h2>
      </header>
    </article>
  );
});
