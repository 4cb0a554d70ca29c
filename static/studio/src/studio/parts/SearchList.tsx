import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { Icon } from "./Icon";

export interface Item {
  id: string;
  label: string;
  /** Shown beside the label, and searched too. */
  detail?: string;
  group?: string;
  lead?: ReactNode;
  hint?: string;
  /** Searched but not shown. */
  words?: string;
  testId?: string;
}

interface Props {
  items: readonly Item[];
  label: string;
  placeholder: string;
  onChoose: (id: string) => void;
  onClose?: () => void;
  /** Hears what is typed, where somebody else finds the items. */
  onQuery?: (query: string) => void;
  /** What is said when nothing matches. */
  nothing: string;
  /** Show this many at most. */
  most?: number;
  /** Counts wishes to have the keyboard in the field again, all that stands in it selected. */
  asked?: number;
}

/** A field over a list: type to filter, arrows to move, Enter to choose. The field keeps the focus. */
export function SearchList({ items, label, placeholder, onChoose, onClose, onQuery, nothing, most = 200, asked = 0 }: Props) {
  const [query, setQuery] = useState("");
  const [active, setActive] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const own = useId();
  const found = useMemo(() => matching(items, query).slice(0, most), [items, query, most]);
  const at = Math.min(active, Math.max(0, found.length - 1));
  useLayoutEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [at, found]);

  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, [asked]);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowDown: (at + 1) % Math.max(1, found.length),
      ArrowUp: (at - 1 + found.length) % Math.max(1, found.length),
      PageDown: Math.min(found.length - 1, at + 8),
      PageUp: Math.max(0, at - 8),
    };
    const next = moves[event.key];
    const chosen = found[at];
    if (next !== undefined) setActive(next);
    else if (event.key === "Enter" && chosen) onChoose(chosen.id);
    else if (event.key === "Escape" && onClose) onClose();
    else return; // the keys that hold everywhere do so here too
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div className="search-list">
      <div className="search-field">
        <Icon name="search" />
        <input
          ref={field}
          className="search-input"
          role="combobox"
          aria-label={label}
          aria-expanded="true"
          aria-controls={`${own}-list`}
          aria-activedescendant={found[at] ? `${own}-${at}` : undefined}
          aria-autocomplete="list"
          placeholder={placeholder}
          value={query}
          autoFocus
          spellCheck={false}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
            onQuery?.(event.target.value);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <ul ref={list} id={`${own}-list`} role="listbox" aria-label={label} className="search-results">
        {found.map((item, index) => (
          <Row
            key={item.id}
            id={`${own}-${index}`}
            item={item}
            heading={item.group !== found[index - 1]?.group ? item.group : undefined}
            active={index === at}
            onPoint={() => setActive(index)}
            onChoose={() => onChoose(item.id)}
          />
        ))}
      </ul>
      {!found.length && (
        <p className="panel-hint" role="status">
          {nothing}
        </p>
      )}
    </div>
  );
}

interface RowProps {
  id: string;
  item: Item;
  heading: string | undefined;
  active: boolean;
  onPoint: () => void;
  onChoose: () => void;
}

function Row({ id, item, heading, active, onPoint, onChoose }: RowProps) {
  return (
    <>
      {heading && (
        <li role="presentation" className="search-group">
          {heading}
        </li>
      )}
      <li
        id={id}
        role="option"
        aria-selected={active}
        className="search-row"
        data-testid={item.testId}
        onPointerMove={onPoint}
        onClick={onChoose}
      >
        {item.lead}
        <span className="truncate">{item.label}</span>
        {item.detail && <span className="search-detail truncate">{item.detail}</span>}
        {item.hint && <kbd>{item.hint}</kbd>}
      </li>
    </>
  );
}

/** Return what holds every word of the query, what begins with it first. */
export function matching(items: readonly Item[], query: string): readonly Item[] {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!wanted.length) return items;
  const whole = query.trim().toLowerCase();
  const rank = (item: Item) => (item.label.toLowerCase().startsWith(whole) ? 0 : 1);
  return items
    .filter((item) => {
      const text = `${item.label} ${item.detail ?? ""} ${item.group ?? ""} ${item.words ?? ""}`.toLowerCase();
      return wanted.every((word) => text.includes(word));
    })
    .toSorted((a, b) => rank(a) - rank(b));
}
