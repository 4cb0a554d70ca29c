"""What can go wrong with access reviews."""

from apps.common.errors import Conflict, Forbidden, Invalid


class NotOpen(Conflict):
    """Nobody decides in this access review: it is not open."""

    code = "not_open"


class NotAsked(Forbidden):
    """Somebody else is asked about this. Who manages access reviews can give it to you."""

    code = "not_asked"


class OwnRights(Forbidden):
    """Nobody decides on their own rights: somebody else has to look at this."""

    code = "own_rights"


class ReasonMissing(Invalid):
    """Say why, so that everybody understands it later."""

    code = "reason_missing"


class Undecided(Conflict):
    """Not everything is decided yet."""

    code = "undecided"


class OnlyReviewer(Forbidden):
    """You decided all of it alone: somebody else has to sign it off."""

    code = "only_reviewer"


class NothingToSettle(Conflict):
    """There is nothing left to see to here."""

    code = "nothing_to_settle"


class CannotReview(Invalid):
    """This person cannot be asked: they must be a member who may decide in access reviews."""

    code = "cannot_review"


class SeriesPaused(Conflict):
    """This series is paused already."""

    code = "series_paused"
