"""What can go wrong with archives."""

from http import HTTPStatus

from apps.common.errors import Conflict, DomainError, Invalid


class ArchiveRunning(Conflict):
    """Your last archive is still being written. Wait until it is finished, or cancel it."""

    code = "archive_running"


class ArchiveNotReady(Conflict):
    """The archive cannot be fetched: it is not written whole."""

    code = "archive_not_ready"


class ArchiveExpired(DomainError):
    """The archive was deleted when its time was over. Ask for another one."""

    status, code = HTTPStatus.GONE, "archive_expired"


class ArchiveOver(Conflict):
    """The archive is finished, so there is nothing to cancel."""

    code = "archive_over"


class WeakPassphrase(Invalid):
    """The passphrase needs at least 12 characters."""

    code = "weak_passphrase"
