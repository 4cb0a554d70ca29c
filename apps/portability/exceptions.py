"""What can go wrong with archives."""

from http import HTTPStatus

from apps.common.errors import Conflict, DomainError, Invalid, TooLarge


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


class BadArchive(Invalid):
    """The archive cannot be taken in."""

    code = "bad_archive"


class NotEmpty(Conflict):
    """This workspace is not new. Make a new one for the archive."""

    code = "not_empty"


class ImportRunning(Conflict):
    """An archive is coming in already. Wait until it is finished, or cancel it."""

    code = "import_running"


class ImportStarted(Conflict):
    """This import was started already, or is over."""

    code = "import_started"


class ImportOver(Conflict):
    """The import is over, so there is nothing to cancel."""

    code = "import_over"


class PieceOutOfOrder(Conflict):
    """Pieces are sent one after the other, each once."""

    code = "piece_out_of_order"


class PieceTooLarge(TooLarge):
    """A piece has at most 8 MiB."""

    code = "piece_too_large"


class ArchiveTooLarge(TooLarge):
    """An archive has at most 16 GiB."""

    code = "archive_too_large"


class NothingSent(Conflict):
    """Nothing of the archive was sent yet."""

    code = "nothing_sent"
