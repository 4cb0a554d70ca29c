import { changedLines } from "../model/changes";
import type { Diff, FieldChange, How, Part } from "../model/diff";
import { labelOf } from "../model/fields";
import { useEditor } from "../model/hooks";
import { Button } from "../parts/Button";
import { DIFFERENCES } from "../parts/differences";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";

/** What changed, by step: added, removed and changed, with icon and word as well as colour. */
export function DiffList({ diff, onRestore }: { diff: Diff; onRestore?: ((step: string) => void) | undefined }) {
  const editor = useEditor();
  const { nodes, edges, settings } = diff;
  const edgeWords = (id: string) => {
    const [source = "", target = ""] = id.split(">").map((end) => end.split(":")[0]);
    return `${editor.store.titleOf(source)} → ${editor.store.titleOf(target)}`;
  };
  if (isEmpty(diff)) return <p className="quiet">Nothing differs. Moving steps is no change.</p>;
  return (
    <ul className="diff" data-testid="diff">
      {(["added", "removed", "changed"] as const).flatMap((how) =>
        nodes[how].map((part) => (
          <Entry key={`${how} ${part.id}`} how={how} title={nameOf(part, editor.store.titleOf(part.id))}>
            {part.type !== undefined || editor.store.nodes.get(part.id) ? (
              <KindTile type={editor.types.get(part.type ?? editor.store.nodes.get(part.id)?.type ?? "")} size={20} />
            ) : null}
            {"fields" in part && <Fields fields={part.fields as FieldChange[]} />}
            {onRestore && how !== "added" && (
              <Button look="quiet" icon="undo-2" data-testid={`restore-step-${part.id}`} onClick={() => onRestore(part.id)}>
                Restore this step
              </Button>
            )}
          </Entry>
        )),
      )}
      {(["added", "removed", "changed"] as const).flatMap((how) =>
        edges[how].map((part) => (
          <Entry key={`edge ${how} ${part.id}`} how={how} title={edgeWords(part.id)}>
            {"fields" in part && <Fields fields={part.fields as FieldChange[]} />}
          </Entry>
        )),
      )}
      {settings.length > 0 && (
        <Entry how="changed" title="Settings of the workflow">
          <Fields fields={settings} />
        </Entry>
      )}
    </ul>
  );
}

export function isEmpty({ nodes, edges, settings }: Diff): boolean {
  const count = ({ added, removed, changed }: Diff["nodes"]) => added.length + removed.length + changed.length;
  return !settings.length && !count(nodes) && !count(edges);
}

function nameOf(part: Part, known: string): string {
  return part.title || known;
}

function Entry({ how, title, children }: { how: How; title: string; children?: React.ReactNode }) {
  const { icon, word } = DIFFERENCES[how];
  return (
    <li className={`diff-entry diff-${how}`}>
      <span className="diff-sign">
        <Icon name={icon} size={14} />
        <span className="visually-hidden">{word}</span>
      </span>
      <div className="diff-what">
        <strong>{title}</strong>
        {children}
      </div>
    </li>
  );
}

function Fields({ fields }: { fields: readonly FieldChange[] }) {
  return (
    <dl className="diff-fields">
      {fields.map(({ field, before, after }) => (
        <div key={field}>
          <dt>{labelOf(field.replace(/^config\./, ""))}</dt>
          <Values changes={changedLines(before, after)} />
        </div>
      ))}
    </dl>
  );
}

function Values({ changes }: { changes: ReturnType<typeof changedLines> }) {
  return (
    <>
      {changes.before && (
        <dd className="diff-before">
          <span className="visually-hidden">before: </span>
          {changes.before}
        </dd>
      )}
      {changes.after && (
        <dd className="diff-after">
          <span className="visually-hidden">after: </span>
          {changes.after}
        </dd>
      )}
    </>
  );
}
