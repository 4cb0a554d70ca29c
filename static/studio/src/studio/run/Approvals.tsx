import { useState } from "react";
import { followerOf } from "../collab/follower";
import { useEditor, useObservable } from "../model/hooks";
import type { Approval } from "../model/runs";
import { readable } from "../model/withheld";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";

/** What the shown run asks people; who may decide does it right here. */
export function Approvals() {
  const editor = useEditor();
  const open = useObservable(editor.shown.approvals);
  if (!open.length) return null;
  return (
    <ul className="notices" aria-label="Waiting for a decision">
      {open.map((approval) => (
        <Question key={approval.id} approval={approval} />
      ))}
    </ul>
  );
}

function Question({ approval }: { approval: Approval }) {
  const editor = useEditor();
  const [comment, setComment] = useState("");
  const [busy, setBusy] = useState(false);
  const page = `/approvals/${approval.id}/`;
  const onPage = approval.form_fields.length > 0 || approval.value !== null;
  const missing = (action: Approval["actions"][number]) =>
    (approval.require_reason || action.require_reason === true) && !comment.trim();
  const decide = async (action: string) => {
    setBusy(true);
    await followerOf(editor).decide(approval, action, comment.trim());
    setBusy(false);
  };
  return (
    <li className="notice notice-wait" data-testid="run-approval">
      <Icon name="hand" />
      <span className="notice-text">
        <strong>{readable(approval.title)}</strong>{" "}
        <a href={page} className="quiet" data-testid="approval-page">
          {onPage ? "Fill in and decide" : "Open the question"}
        </a>
      </span>
      {editor.boot.permissions.run && !onPage && (
        <>
          <input
            className="input notice-comment"
            value={comment}
            maxLength={2000}
            aria-label="Reason"
            placeholder={approval.require_reason ? "Reason, required" : "Reason"}
            data-testid="approval-comment"
            onChange={(event) => setComment(event.target.value)}
          />
          {approval.actions.map((action) => (
            <Button
              key={action.id}
              look={action.style === "danger" || action.id === "rejected" ? "danger" : "plain"}
              disabled={busy || missing(action)}
              title={missing(action) ? "Give a reason first" : undefined}
              data-testid={`decide-${action.id}`}
              onClick={() => void decide(action.id)}
            >
              {action.label}
            </Button>
          ))}
        </>
      )}
    </li>
  );
}
