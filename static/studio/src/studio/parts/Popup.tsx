import { useEffect, useLayoutEffect, useRef, useState, type ReactNode } from "react";

interface Props {
  at: readonly [number, number];
  label: string;
  onClose: () => void;
  children: ReactNode;
  className?: string;
}

/** Something small at a place in the window; it stays inside and closes by a press beside it. */
export function Popup({ at, label, onClose, children, className = "" }: Props) {
  const element = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState(at);
  useLayoutEffect(() => {
    const own = element.current;
    if (!own) return;
    const inside = (value: number, size: number, room: number) =>
      Math.max(8, Math.min(value, room - size - 8));
    setPlace([
      inside(at[0], own.offsetWidth, innerWidth),
      inside(at[1], own.offsetHeight, innerHeight),
    ]);
  }, [at]);
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
    >
      {children}
    </div>
  );
}
