import { useId, useState, type ReactNode } from "react";
import { suggestions, writingAt, type Suggestion } from "../model/expressions";
import { useStep } from "./context";

interface Written {
  text: string;
  caret: number;
}

export interface Offer {
  /** Take a key press: true if it was one of the list's. */
  press: (key: string) => boolean;
  /** Begin at the first again. */
  reset: () => void;
  /** What the field says of the list to those who cannot see it. */
  attributes: Record<string, string | undefined>;
  list: ReactNode;
}

/** Offer the names that may follow the caret inside of braces; `put` writes the chosen one. */
export function useSuggestions(text: string, caret: number | null, put: (next: Written) => void, close: () => void): Offer {
  const { scope } = useStep();
  const [active, setActive] = useState(0);
  const listId = useId();
  const writing = caret === null ? null : writingAt(text, caret);
  const offered = writing ? suggestions(scope, writing.path) : [];
  const choose = (suggestion: Suggestion | undefined) => {
    if (!suggestion || !writing) return;
    put({
      text: text.slice(0, writing.start) + suggestion.insert + text.slice(writing.end),
      caret: writing.start + suggestion.insert.length,
    });
  };
  const press = (key: string): boolean => {
    if (!offered.length) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    if (step) setActive((active + step + offered.length) % offered.length);
    else if (key === "Enter" || key === "Tab") choose(offered[active]);
    else if (key === "Escape") close();
    else return false;
    return true;
  };
  const open = offered.length > 0;
  return {
    press,
    reset: () => setActive(0),
    attributes: {
      "aria-autocomplete": "list",
      "aria-controls": open ? listId : undefined,
      "aria-activedescendant": open ? `${listId}-${active}` : undefined,
    },
    list: open && (
      <ul className="suggestions" role="listbox" id={listId} aria-label="Values">
        {offered.map((each, index) => (
          <li
            key={each.insert}
            id={`${listId}-${index}`}
            role="option"
            aria-selected={index === active}
            ref={index === active ? scrolledTo : null}
            onPointerDown={(event) => {
              event.preventDefault();
              choose(each);
            }}
          >
            <span className="truncate">{each.label}</span>
            <span className="suggestion-detail truncate">{each.detail}</span>
          </li>
        ))}
      </ul>
    ),
  };
}

function scrolledTo(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest" });
}
