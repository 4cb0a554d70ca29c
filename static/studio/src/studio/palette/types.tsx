import type { NodeType } from "../model/boot";
import { firstFitting, wantedFrame } from "../model/actions";
import type { Editor } from "../model/editor";
import { fitsInside } from "../model/nesting";
import type { PickRequest } from "../model/panels";
import { canReplace } from "../model/replacing";
import { KindTile } from "../parts/KindTile";
import type { Item } from "../parts/SearchList";

/** Groups in the order that people build in; new ones of the catalogue follow. */
const ORDER = ["Start", "AI", "Data", "Logic", "Web", "People"];

export function grouped(types: Iterable<NodeType>): [group: string, types: NodeType[]][] {
  const groups = new Map<string, NodeType[]>();
  for (const type of types) groups.set(type.group, [...(groups.get(type.group) ?? []), type]);
  const rank = (group: string) => (ORDER.includes(group) ? ORDER.indexOf(group) : ORDER.length);
  return [...groups].sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b));
}

/** Return the types that fit a wish, as entries of a list. */
export function choices(editor: Editor, request: Partial<PickRequest> = {}): Item[] {
  const into = wantedFrame(editor, request);
  const asked = request.from ?? request.edge ?? request.at ?? request.into;
  const { instead } = request;
  const fitting = (type: NodeType) => {
    if (instead !== undefined) return canReplace(editor, instead, type);
    if (asked !== undefined && !fitsInside(editor.store, type.name, into)) return false;
    if (request.edge !== undefined)
      return type.ports.inputs.length > 0 && firstFitting(type, null, anySource) !== undefined;
    return !request.from || firstFitting(type, null, request.from) !== undefined;
  };
  return grouped(editor.types.values()).flatMap(([group, types]) =>
    types.filter(fitting).map((type) => ({
      id: type.name,
      label: type.label,
      detail: type.description,
      group,
      words: type.name,
      lead: <KindTile type={type} />,
      testId: `pick-${type.name}`,
    })),
  );
}

const anySource = { node: "", port: "", side: "source", kind: "any" } as const;
