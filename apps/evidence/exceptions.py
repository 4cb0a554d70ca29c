"""What can go wrong with evidence packs."""

from apps.common.errors import Conflict, Invalid


class PackRunning(Conflict):
    """Your last pack is still being written. Wait until it is finished, or cancel it."""

    code = "pack_running"


class PackNotReady(Conflict):
    """The pack is not written. Wait until it is finished."""

    code = "pack_not_ready"


class PackOver(Conflict):
    """The pack is not written any more, so there is nothing to cancel."""

    code = "pack_over"


class PackKept(Conflict):
    """A legal hold keeps the whole workspace. An owner must release the hold first."""

    code = "pack_kept"


class BadPeriod(Invalid):
    """The period makes no sense."""

    code = "bad_period"
