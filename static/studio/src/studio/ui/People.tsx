import { useState } from "react";
import type { Person } from "../model/boot";
import { useEditor, useObservable, usePeople } from "../model/hooks";
import { Avatar, colourOf } from "../parts/Avatar";
import { Menu } from "../parts/Menu";
import { useNarrow } from "./useNarrow";

const MOST = 3;

/** Who else is here: press somebody to follow them over the canvas. */
export function People() {
  const people = usePeople();
  const [at, setAt] = useState<readonly [number, number] | null>(null);
  const { presence } = useEditor();
  const most = useNarrow() ? 0 : MOST;
  if (!people.length) return null;
  // A single one takes no more room than the button for those who are not shown.
  const hidden = people.slice(people.length > most + 1 ? most : most + 1);
  const shown = people.slice(0, people.length - hidden.length);
  return (
    <div className="people" role="group" aria-label="Also here" data-testid="people">
      {shown.map((person) => (
        <Follow key={person.id} person={person} />
      ))}
      {hidden.length > 0 && (
        <button
          type="button"
          className="people-more"
          aria-label={most ? `+${hidden.length} more people` : `${hidden.length} people are here`}
          aria-haspopup="menu"
          onClick={(event) => {
            const { left, bottom } = event.currentTarget.getBoundingClientRect();
            setAt([left, bottom + 4]);
          }}
        >
          {most ? `+${hidden.length}` : hidden.length}
        </button>
      )}
      {at && (
        <Menu
          at={at}
          label="Also here"
          onClose={() => setAt(null)}
          items={hidden.map(({ id, name }) => ({ label: `Follow ${name}`, icon: "user-round", run: () => presence.follow(id) }))}
        />
      )}
    </div>
  );
}

function Follow({ person }: { person: Person }) {
  const { presence } = useEditor();
  const following = useObservable(presence.following) === person.id;
  const does = following ? `Stop following ${person.name}` : `Follow ${person.name}`;
  return (
    <button
      type="button"
      className="person"
      style={colourOf(person)}
      aria-pressed={following}
      aria-label={`Follow ${person.name}`}
      title={does}
      data-testid="person"
      onClick={() => presence.follow(person.id)}
    >
      <Avatar person={person} />
    </button>
  );
}
