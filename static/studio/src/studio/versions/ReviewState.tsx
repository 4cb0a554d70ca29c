import type { ReviewNeed } from "../collab/versionApi";
import { Icon } from "../parts/Icon";

/** How far the review is that publishing needs here: who said what, and what to do next. */
export function ReviewState({ need }: { need: ReviewNeed }) {
  const { review } = need;
  const approvals = review?.opinions.filter((each) => each.approves).length ?? 0;
  return (
    <section aria-label="Review" className="review-state">
      <h3 className="form-title">{`Review: ${need.needed} ${need.needed === 1 ? "approval" : "approvals"} needed`}</h3>
      <p className="review-line quiet" role="status">
        <Icon name={need.may_publish ? "check" : "eye"} />
        <span>{sentence(need, approvals)}</span>
      </p>
      {review && (
        <ul>
          {review.opinions.map((each) => (
            <li key={each.created_at}>
              <strong>{`${each.reviewer} ${each.approves ? "approves" : "refuses"}`}</strong>
              {each.comment && <p className="quiet">{each.comment}</p>}
            </li>
          ))}
        </ul>
      )}
      {review && (
        <a href={`/reviews/${review.id}/`} target="_blank" rel="noreferrer">
          Open the review
        </a>
      )}
    </section>
  );
}

function sentence({ may_publish, needed, review }: ReviewNeed, approvals: number): string {
  if (may_publish) return "The draft is approved as it is now.";
  switch (review?.status) {
    case "open":
      return `${review.requested_by ?? "Somebody"} has asked for a review: ${approvals} of ${needed} so far. Asking again asks about the draft as it is now.`;
    case "approved":
      return "An older draft is approved. What was changed since needs a review of its own.";
    case "refused":
      return "The last review was refused. Change what was said, then ask again.";
    default:
      return "Somebody who has not worked on this draft looks at it before it is published.";
  }
}
