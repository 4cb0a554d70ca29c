"""How a question is decided, and what the answers so far come to. Pure logic without a database."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from apps.common.types import JSONDict
from apps.nodes.answers import AnswerField


@dataclass(frozen=True)
class Terms:
    """What the step asked for; questions of before these rules have their defaults."""

    stages: list[list[str]] = field(default_factory=lambda: [[]])
    quorum: int = 1
    veto: bool = True
    fields: list[AnswerField] = field(default_factory=list)
    editable: bool = False
    remind_every_s: float | None = None
    reminders: int = 0
    escalate_after_s: float | None = None
    escalate_to: list[str] = field(default_factory=list)
    link_requires_sign_in: bool = True

    @classmethod
    def of(cls, stored: JSONDict) -> Self:
        """Return the terms that a wait keeps."""
        known: dict[str, Any] = {key: stored[key] for key in stored if key in _NAMES}
        fields = [AnswerField.model_validate(each) for each in known.pop("fields", [])]
        return cls(fields=fields, **known)

    @property
    def in_sequence(self) -> bool:
        """Whether one is asked after the other."""
        return len(self.stages) > 1

    def needed(self, able: int) -> int:
        """Return how many approvals the stage needs of those who can give them.

        In a sequence a stage of one person needs that one, however many a role needs.
        """
        return min(self.quorum, max(able, 1)) if self.in_sequence else self.quorum


_NAMES = frozenset(Terms.__dataclass_fields__)


def approving(actions: Sequence[JSONDict]) -> set[str]:
    """Return the answers that approve; where none is marked any answer decides alike."""
    marked = {action["id"] for action in actions if action.get("approves")}
    return marked or {action["id"] for action in actions}


def verdict(
    votes: Sequence[str], approvals: Collection[str], *, needed: int, veto: bool, others: int
) -> str | None:
    """Return the answer that the votes come to; None while they are not enough.

    `others` can still vote. One vote against decides where there is a veto, else as many as make
    the approvals needed impossible. Between several answers of a side the most given one counts,
    of equals the last.
    """
    pro = [vote for vote in votes if vote in approvals]
    contra = [vote for vote in votes if vote not in approvals]
    if len(pro) >= needed:
        return _favourite(pro)
    if contra and (veto or len(pro) + others < needed):
        return _favourite(contra)
    return None


def _favourite(votes: Sequence[str]) -> str:
    return max(reversed(votes), key=votes.count)
