import { useEffect, useState } from "react";
import { useEditor, useInField, useOverwrite } from "../model/hooks";
import type { Json } from "../model/json";
import type { Overwrite } from "../model/overwritten";
import { colourOf } from "../parts/Avatar";
import { IconButton } from "../parts/Button";
import { Icon } from "../parts/Icon";

/** Who else has the keyboard in a field. */
export function FieldPeople({ field }: { field: string }) {
  const peers = useInField(field);
  const people = new Map(peers.map(({ user }) => [user.id, user]));
  if (!people.size) return null;
  return (
    <span className="field-people" data-testid="field-people">
      {[...people.values()].map((person) => (
        <span key={person.id} className="field-person" style={colourOf(person)} title={`${person.name} writes here`}>
          {person.name}
        </span>
      ))}
    </span>
  );
}

interface Props {
  /** As the document has it. */
  field: string;
  /** What it is called where it does not stand right at its field. */
  what?: string;
  restore: (mine: Json | undefined) => void;
}

/** Says that somebody set a field after this person did, and brings back what this person had set. */
export function Overwritten({ field, ...rest }: Props) {
  const found = useOverwrite(field);
  return found ? <Told key={found.at} found={found} field={field} {...rest} /> : null;
}

function Told({ found, field, what = "this", restore }: Props & { found: Overwrite }) {
  const { announcer, overwritten, readOnly } = useEditor();
  const seconds = useSeconds(found.at);
  const words = `${found.by || "Somebody"} changed ${what}`;
  useEffect(() => announcer.say(words), [announcer, words]);
  if (!overwritten.get(field)) return null;
  return (
    <p className="field-told" data-testid="overwritten">
      <Icon name="info" size={12} />
      <span>{`${words} ${seconds < 1 ? "just now" : `${seconds} s ago`}`}</span>
      {!readOnly && (
        <button type="button" className="link" onClick={() => restore(found.mine)}>
          Restore mine
        </button>
      )}
      <IconButton icon="x" label="Keep what is there" onClick={() => overwritten.dismiss(field)} />
    </p>
  );
}

function useSeconds(since: number): number {
  const [now, look] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => look(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return Math.max(0, Math.round((now - since) / 1_000));
}
