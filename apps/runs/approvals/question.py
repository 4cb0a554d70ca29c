"""A question as a page tells it: who decides, who has, and what happens if nobody does."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from apps.accounts.models import User
from apps.runs.approvals import asking
from apps.runs.approvals.terms import Terms, approving
from apps.runs.models import Vote, Wait

MOST_SHOWN = 12


@dataclass(frozen=True)
class Decider:
    """One person beside a question; `state` is for, against, old, you or asked."""

    person: str
    name: str  # how the reader knows them
    note: str
    state: str
    at: datetime | None = None
    comment: str = ""
    edited: bool = False


@dataclass(frozen=True)
class Stage:
    """One step of a sequence: over, the present one, or still to come."""

    label: str
    state: str


def deciders(wait: Wait, reader: User | None) -> list[Decider]:
    """Return who has answered, and, while it is open, who is still asked."""
    votes = list(wait.votes.select_related("voter"))
    labels = {action["id"]: action["label"] for action in wait.actions}
    told = [_voted(vote, wait, labels) for vote in votes]
    if wait.status != Wait.Status.OPEN or not wait.assignees:
        return told
    done = {vote.voter_id for vote in votes if vote.round == wait.round}
    still = [_asked(user, reader) for user in asking.people(wait) if user.pk not in done]
    return told + sorted(still, key=lambda each: each.state != "you")[:MOST_SHOWN]


def rule(wait: Wait) -> str:
    """Return in a sentence what it takes to decide, and how far it is."""
    terms = Terms.of(wait.terms)
    if wait.status != Wait.Status.OPEN:
        return ""
    votes = wait.votes.filter(round=wait.round, decision__in=approving(wait.actions)).count()
    if terms.in_sequence:
        place = f"{wait.stage + 1} of {len(terms.stages)}"
        return f"One after the other: {place} now. {_more(terms, votes)}"
    count = len(asking.people(wait))
    whom = f"of {count}" if wait.assignees else "of those who may decide here"
    if terms.quorum == 1:
        return "One person decides." if count == 1 else f"One {whom}: the first answer counts."
    return f"{terms.quorum} {whom} must approve. {_approvals(votes)}"


def stages(wait: Wait) -> list[Stage]:
    """Return the steps of a sequence; none where all are asked together."""
    terms = Terms.of(wait.terms)
    if not terms.in_sequence:
        return []
    return [
        Stage(", ".join(names), _state(wait, place)) for place, names in enumerate(terms.stages)
    ]


def otherwise(wait: Wait) -> Iterator[str]:
    """Yield what time does while nobody decides."""
    terms = Terms.of(wait.terms)
    if terms.remind_every_s:
        left = max(0, terms.reminders - wait.reminded)
        often = "once more" if left == 1 else f"{left} times more"
        if left:
            yield f"Who is asked is reminded every {_span(terms.remind_every_s)}, {often}."
    if terms.escalate_after_s and not wait.escalated:
        whom = ", ".join(terms.escalate_to)
        yield f"After {_span(terms.escalate_after_s)} this is asked as well: {whom}."
    if wait.escalated:
        yield f"It was passed on to {', '.join(terms.escalate_to)}."


def _voted(vote: Vote, wait: Wait, labels: dict[str, str]) -> Decider:
    pro = vote.decision in approving(wait.actions) or vote.decision == "approved"
    label = labels.get(vote.decision, vote.decision)
    old = vote.round != wait.round and vote.stage == wait.stage
    note = f"{label}, before an edit" if old else label
    state = "old" if old else "for" if pro else "against"
    name = str(vote.voter)
    return Decider(name, name, note, state, vote.created_at, vote.comment, vote.edited)


def _asked(user: User, reader: User | None) -> Decider:
    if reader is not None and user.pk == reader.pk:
        return Decider(str(user), "You", "your answer is needed", "you")
    return Decider(str(user), str(user), "is asked", "asked")


def _state(wait: Wait, place: int) -> str:
    over = wait.status != Wait.Status.OPEN and wait.stage == place
    return "over" if place < wait.stage or over else "now" if place == wait.stage else "later"


def _more(terms: Terms, votes: int) -> str:
    return _approvals(votes) if terms.quorum > 1 else ""


def _approvals(count: int) -> str:
    if count == 0:
        return "Nobody has approved yet."
    return "One has approved." if count == 1 else f"{count} have approved."


def _span(seconds: float) -> str:
    hours = seconds / 3600
    if hours < 1:
        return f"{seconds / 60:g} min"
    return f"{hours:g} h" if hours < 72 else f"{hours / 24:g} days"
