"""What can go wrong with retention."""

from apps.common.errors import Conflict, Invalid


class OnHold(Conflict):
    """A legal hold keeps this. An owner must release the hold first."""

    code = "on_hold"


class HeldAlready(Conflict):
    """There is such a hold already."""

    code = "held_already"


class Released(Conflict):
    """The hold was released already."""

    code = "released_already"


class JobRunning(Conflict):
    """A deletion is going on. Wait until it is finished."""

    code = "job_running"


class BadDays(Invalid):
    """The days do not fit."""

    code = "bad_days"
