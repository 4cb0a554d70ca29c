import { useState } from "react";
import { Button } from "../parts/Button";
import type { Desk } from "./desk";
import { isSafeHref } from "./schema";

/** Where a link leads: typed, pasted, or taken away. */
export function LinkField({ desk, onClose }: { desk: Desk; onClose: () => void }) {
  const [href, setHref] = useState(() => desk.href);
  const had = desk.href;
  const whole = completed(href.trim());
  const wrong = href.trim() !== "" && !isSafeHref(whole);
  const done = (next: string) => {
    onClose();
    desk.setLink(next);
  };
  return (
    <form
      className="link-field"
      aria-label="Link"
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) done(whole);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
        desk.view?.focus();
      }}
    >
      <label htmlFor="runbook-href">Link to</label>
      <input
        id="runbook-href"
        className="input"
        value={href}
        autoFocus
        inputMode="url"
        spellCheck={false}
        autoComplete="off"
        placeholder="https://"
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? "runbook-href-wrong" : undefined}
        data-testid="runbook-href"
        onChange={(event) => setHref(event.target.value)}
        onFocus={(event) => event.currentTarget.select()}
      />
      <button type="submit" className="button button-plain" disabled={wrong || !href.trim()}>
        Set
      </button>
      {had && (
        <Button look="quiet" onClick={() => done("")}>
          Remove
        </Button>
      )}
      {wrong && (
        <p id="runbook-href-wrong" className="field-error">
          Links lead to the web (https://…), to a mailbox (mailto:…) or to a page here (/…).
        </p>
      )}
    </form>
  );
}

/** Return the address with what people leave out. */
function completed(href: string): string {
  if (!href || href.startsWith("/") || /^[a-z][a-z0-9+.-]*:/i.test(href)) return href;
  if (/^[^\s@/]+@[^\s@/]+\.[a-z]+$/i.test(href)) return `mailto:${href}`;
  return `https://${href}`;
}
