import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";
import type { Spot } from "../model/panels";

interface Props {
  at: Spot;
  label: string;
  onClose: () => void;
  children: ReactNode;
  className?: string;
  /** One choice and nothing else: Tab leaves it, as it leaves a menu. */
  brief?: boolean;
}

/** Something small at a place in the window; it stays inside, closes by a press beside it, and gives the keyboard back. */
export function Popup({ at, label, onClose, children, className = "", brief = false }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null); // where the keyboard was
  const [place, setPlace] = useState<Spot>(at);
  useLayoutEffect(() => {
    const own = element.current;
    if (!own) return;
    const inside = (value: number, size: number, room: number) =>
      Math.max(8, Math.min(value, room - size - 8));
    const [x, y, before] = at;
    const width = own.offsetWidth;
    // What it belongs to stays in sight, where one of its sides has the room.
    const flips = before !== undefined && x + width > innerWidth - 8 && before - width >= 8;
    setPlace([
      inside(flips ? before - width : x, width, innerWidth),
      inside(y, own.offsetHeight, innerHeight),
    ]);
  }, [at]);
  useLayoutEffect(() => {
    const own = element.current;
    return () => {
      const isLeft = own?.contains(document.activeElement) || document.activeElement === document.body;
      if (isLeft && before.current instanceof HTMLElement && before.current.isConnected) before.current.focus();
    };
  }, []);
  useEffect(() => {
    const press = (event: PointerEvent) => {
      if (!element.current?.contains(event.target as Node)) onClose();
    };
    document.addEventListener("pointerdown", press, true);
    return () => document.removeEventListener("pointerdown", press, true);
  }, [onClose]);
  return (
    <div
      ref={element}
      className={`popup ${className}`}
      role="dialog"
      aria-label={label}
      style={{ left: place[0], top: place[1] }}
      onKeyDown={(event) => {
        if (!brief || event.key !== "Tab") return;
        event.preventDefault();
        onClose();
      }}
      onFocus={({ relatedTarget }) => {
        if (relatedTarget && !element.current?.contains(relatedTarget)) before.current = relatedTarget;
      }}
    >
      {children}
    </div>
  );
}
