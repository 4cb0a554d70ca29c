"""What can go wrong with reviews."""

from typing import ClassVar

from apps.common.errors import Conflict, Forbidden, Invalid


class ReviewNeeded(Conflict):
    """This workflow is published after a review only. Ask for one, then publish what was approved."""

    code = "review_needed"


class NoReviewNeeded(Conflict):
    """No rule asks for a review here: whoever may publish can do so at once."""

    code = "no_review_needed"


class ReviewClosed(Conflict):
    """This review is closed. What was said is on its page."""

    code = "review_closed"


class OwnWork(Forbidden):
    """You asked for this review or changed the draft yourself: somebody else must look at it."""

    code = "own_work"


class SaidAlready(Conflict):
    """You have said what you think of this; an opinion is not taken back."""

    code = "said_already"


class ReasonMissing(Invalid):
    """Say why, so that the author knows what to change."""

    code = "reason_missing"


class RuleTaken(Invalid):
    """There is a rule for this place already. Change that one."""

    code = "rule_taken"


class LeavesReview(Forbidden):
    """There, publishing would need fewer approvals. Who manages reviews may move it."""

    code: ClassVar[str] = "leaves_review"
