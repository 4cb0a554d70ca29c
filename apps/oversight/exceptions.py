"""What can go wrong with looking at the trail."""

from http import HTTPStatus

from apps.common.errors import Conflict, DomainError, Invalid, TooMany


class VerificationRunning(Conflict):
    """The chain is being verified already. Wait until that is finished."""

    code = "verification_running"


class VerifiedTooOften(TooMany):
    """The chain was verified several times within the last hour. Wait a while."""

    code = "verified_too_often"


class ExportRunning(Conflict):
    """Your last export is still being written. Wait until it is finished."""

    code = "export_running"


class ExportNotReady(Conflict):
    """The export is still being written. Wait until it is finished."""

    code = "export_not_ready"


class ExportExpired(DomainError):
    """The export was deleted when its time was over. Ask for another one."""

    status, code = HTTPStatus.GONE, "export_expired"


class BadStream(Invalid):
    """The stream cannot be kept like this."""

    code = "bad_stream"


class StreamNameTaken(Conflict):
    """There is a stream with this name already."""

    code = "stream_name_taken"


class NotDelivered(Exception):
    """What was sent did not arrive."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
