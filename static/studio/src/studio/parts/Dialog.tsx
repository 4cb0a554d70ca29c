import { Dialog as Base } from "@base-ui/react/dialog";
import { useRef, useState, type ReactNode } from "react";
import { IconButton } from "./Button";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ReactNode;
  /** Hide the title from view where the content is its own heading. */
  bare?: boolean;
  wide?: boolean;
}

const FIRST = "input:not([type=hidden]), select, textarea, .button-primary";

/** A dialog over everything; focus goes in, stays, and comes back. */
export function Dialog({ open, onClose, title, children, bare = false, wide = false }: Props) {
  const popup = useRef<HTMLDivElement>(null);
  // Taken before a field in it takes the keyboard: where the keyboard goes back to.
  const [before] = useState(() => document.activeElement);
  const back = () => (before instanceof HTMLElement && before.isConnected ? before : true);
  // Where the work is, not the cross that closes it.
  const start = () => popup.current?.querySelector<HTMLElement>(FIRST) ?? true;
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup ref={popup} initialFocus={start} finalFocus={back} className={`dialog ${wide ? "dialog-wide" : ""} ${bare ? "dialog-bare" : ""}`}>
          <header className={bare ? "visually-hidden" : "dialog-head"}>
            <Base.Title className="dialog-title">{title}</Base.Title>
            {!bare && <IconButton icon="x" label="Close" onClick={onClose} />}
          </header>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
