import type { Person } from "../model/boot";
import { initials } from "../model/presence";

/** Return what gives an element and all in it a person's colour, as `--peer`. */
export function colourOf(person: Person): React.CSSProperties {
  return { "--peer": `var(--peer-${person.colour})` } as React.CSSProperties;
}

/** A person as two letters in their colour; the name stands beside it, or in the control's label. */
export function Avatar({ person }: { person: Person }) {
  // The letters are drawn by the styles: they are no words of the control that they stand in.
  return <span className="avatar" style={colourOf(person)} data-letters={initials(person.name)} aria-hidden="true" />;
}
