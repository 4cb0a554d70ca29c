import { useEffect } from "react";
import { useEditor, useObservable } from "../model/hooks";
import { Button, IconButton } from "../parts/Button";

const TOAST = 8_000;

/** The live regions, and the toast; our own, since the canvas's library is silenced. */
export function Messages() {
  const { announcer, toast } = useEditor();
  const polite = useObservable(announcer.polite);
  const assertive = useObservable(announcer.assertive);
  const shown = useObservable(toast);
  useEffect(() => {
    if (!shown) return;
    const timer = setTimeout(() => toast.set(null), TOAST);
    return () => clearTimeout(timer);
  }, [shown, toast]);
  return (
    <>
      <p className="visually-hidden" role="status" aria-live="polite" data-testid="live-region">
        {polite}
      </p>
      <p className="visually-hidden" role="alert">
        {assertive}
      </p>
      {shown && (
        <div className={`toast toast-${shown.kind}`} data-testid="toast">
          <span>{shown.text}</span>
          {shown.action && (
            <Button
              data-testid="toast-action"
              onClick={() => {
                toast.set(null);
                shown.action?.run();
              }}
            >
              {shown.action.label}
            </Button>
          )}
          <IconButton icon="x" label="Dismiss" onClick={() => toast.set(null)} />
        </div>
      )}
    </>
  );
}
