import { useEffect, useRef } from "react";
import type { Spot } from "../model/panels";
import { Icon } from "./Icon";
import { Popup } from "./Popup";

export interface MenuItem {
  label: string;
  icon: string;
  hint?: string;
  danger?: boolean;
  disabled?: boolean;
  run: () => void;
  /** Hears when it is pointed at, by pointer or by keyboard, and when no more. */
  point?: (over: boolean) => void;
}

interface Props {
  at: Spot;
  label: string;
  items: readonly MenuItem[];
  onClose: () => void;
}

/** A menu at a place in the window: arrows move, Enter chooses, Escape closes. */
export function Menu({ at, label, items, onClose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  // Once: what others do meanwhile may change the entries, not where the keyboard is.
  useEffect(() => list.current?.querySelector<HTMLElement>('[role="menuitem"]:not(:disabled)')?.focus(), []);
  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    const entries = [
      ...(list.current?.querySelectorAll<HTMLElement>('[role="menuitem"]:not(:disabled)') ?? []),
    ];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: entries.length - 1 }[
      event.key
    ];
    if (to !== undefined) entries[to % entries.length]?.focus();
    else if (event.key === "Escape" || event.key === "Tab") onClose();
    else return;
    event.preventDefault();
  };
  return (
    <Popup at={at} label={label} onClose={onClose} className="menu">
      <div ref={list} role="menu" aria-label={label} onKeyDown={onKeyDown}>
        {items.map((item, index) => (
          <button
            key={`${index} ${item.label}`}
            type="button"
            role="menuitem"
            className={`menu-item ${item.danger ? "menu-danger" : ""}`}
            disabled={item.disabled}
            onPointerEnter={() => item.point?.(true)}
            onPointerLeave={() => item.point?.(false)}
            onFocus={() => item.point?.(true)}
            onBlur={() => item.point?.(false)}
            onClick={() => {
              item.point?.(false);
              onClose();
              item.run();
            }}
          >
            <Icon name={item.icon} />
            <span className="truncate">{item.label}</span>
            {item.hint && <kbd>{item.hint}</kbd>}
          </button>
        ))}
      </div>
    </Popup>
  );
}
