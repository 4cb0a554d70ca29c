import { Dialog as Base } from "@base-ui/react/dialog";
import type { ReactNode } from "react";
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

/** A dialog over everything; focus goes in, stays, and comes back. */
export function Dialog({ open, onClose, title, children, bare = false, wide = false }: Props) {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className={`dialog ${wide ? "dialog-wide" : ""} ${bare ? "dialog-bare" : ""}`}>
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
