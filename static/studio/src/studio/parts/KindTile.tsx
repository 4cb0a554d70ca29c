import type { NodeType } from "../model/boot";
import { Icon } from "./Icon";

/** The coloured tile of a step's kind. */
export function KindTile({ type, size = 24 }: { type: NodeType | undefined; size?: number }) {
  return (
    <span
      className="kind kind-tile"
      style={{ "--hue": type?.hue ?? 0, "--tile": `${size}px` } as React.CSSProperties}
    >
      <Icon name={type?.icon ?? "help-circle"} size={Math.round(size * 0.58)} />
    </span>
  );
}
