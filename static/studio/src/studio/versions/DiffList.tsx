import { changedLines } from "../model/changes";
import { sizeOf, type Diff, type FieldChange, type How, type Part } from "../model/diff";
import { labelOf } from "../model/fields";
import { useEditor } from "../model/hooks";
import { Button } from "../parts/Button";
import { DIFFERENCES } from "../parts/differences";
import { Icon } from "../parts/Icon";
import { KindTile } from "../parts/KindTile";

interface Props {
  diff: Diff;
  /** Whether moving a step was asked for as a change. */
  layout?: boolean;
  onRestore?: ((step: string) => void) | undefined;
  /** Where what changed leads, as far as the canvas has it. */
  goTo?: { step: (id: string) => void; edge: (id: string) => void; settings: () => void };
}

/** What changed, by step: added, removed and changed, with icon and word as well as colour. */
export function DiffList({ diff, layout = false, onRestore, goTo }: Props) {
  const editor = useEditor();
  const { nodes, edges, settings } = diff;
  const edgeWords = (id: string) => {
    // A step that is gone is called as it was.
    const called = (end: string) => nodes.removed.find((part) => part.id === end)?.title || editor.store.titleOf(end);
    const [source = "", target = ""] = id.split(">").map((end) => end.split(":")[0]);
    return `${called(source)} → ${called(target)}`;
  };
  if (!sizeOf(diff)) return <p className="quiet">{layout ? "Nothing differs." : "Nothing differs. Moving steps is no change."}</p>;
  return (
    <ul className="diff" data-testid="diff">
      {(["added", "removed", "changed"] as const).flatMap((how) =>
        nodes[how].map((part) => (
          <Entry key={`${how} ${part.id}`} how={how} title={nameOf(part, editor.store.titleOf(part.id))} onGo={goTo && editor.store.nodes.has(part.id) ? () => goTo.step(part.id) : undefined}>
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
          <Entry key={`edge ${how} ${part.id}`} how={how} title={edgeWords(part.id)} onGo={goTo && editor.store.edges.has(part.id) ? () => goTo.edge(part.id) : undefined}>
            {"fields" in part && <Fields fields={part.fields as FieldChange[]} />}
          </Entry>
        )),
      )}
      {settings.length > 0 && (
        <Entry how="changed" title="Settings of the workflow" onGo={goTo?.settings}>
          <Fields fields={settings} />
        </Entry>
      )}
    </ul>
  );
}

function nameOf(part: Part, known: string): string {
  return part.title || known;
}

interface EntryProps {
  how: How;
  title: string;
  onGo?: (() => void) | undefined;
  children?: React.ReactNode;
}

function Entry({ how, title, onGo, children }: EntryProps) {
  const { icon, word } = DIFFERENCES[how];
  return (
    <li className={`diff-entry diff-${how}`}>
      <span className="diff-sign">
        <Icon name={icon} size={14} />
        <span className="visually-hidden">{word}</span>
      </span>
      <div className="diff-what">
        {onGo ? (
          <button type="button" className="link diff-go" data-testid="diff-go" onClick={onGo}>
            {title}
          </button>
        ) : (
          <strong>{title}</strong>
        )}
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
