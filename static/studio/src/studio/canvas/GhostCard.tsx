import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import { useEditor, useObservable } from "../model/hooks";
import { KindTile } from "../parts/KindTile";
import { DiffMark } from "./CardParts";

/** A step that a version has and the draft has no more, where it stood. */
export const GhostCard = memo(function GhostCard({ id }: NodeProps) {
  const editor = useEditor();
  const step = useObservable(editor.compared)?.gone.find((each) => `gone ${each.id}` === id);
  if (!step) return null;
  const type = editor.types.get(step.type);
  const title = step.title || type?.label || step.type;
  return (
    <article className="step step-gone" aria-label={`${title}, removed since the version`} data-testid="ghost" data-diff="removed">
      <DiffMark how="removed" />
      <header className="step-head">
        <KindTile type={type} />
        <h2 className="step-title truncate">{title}</h2>
      </header>
    </article>
  );
});
