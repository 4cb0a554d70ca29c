"""Errors that a caller can do something about.

A domain exception's docstring is its message; one handler for the API and one middleware for
pages turn it into an answer (RFC 9457 problem or designed page).
"""

from http import HTTPStatus
from typing import ClassVar, Self

from apps.common.types import JSONDict


class DomainError(Exception):
    """The request cannot be carried out."""

    status: ClassVar[int] = HTTPStatus.BAD_REQUEST
    code: ClassVar[str] = "bad_request"

    def __init__(
        self,
        detail: str | None = None,
        *,
        errors: list[JSONDict] | None = None,
        extra: JSONDict | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """Carry the answer: `errors` has one entry {field, message, code} for each bad field."""
        self.detail = detail or (type(self).__doc__ or "").strip().split("\n")[0]
        self.errors = errors or []
        self.extra = extra or {}
        self.headers = headers or {}
        super().__init__(self.detail)

    @property
    def first(self) -> str:
        """What is wrong in one sentence: with the first bad field, else as a whole."""
        return str(self.errors[0]["message"]) if self.errors else self.detail

    def problem(self) -> JSONDict:
        """Return the RFC 9457 members of the answer."""
        title = HTTPStatus(self.status).phrase
        problem: JSONDict = {
            "type": "about:blank",
            "title": title,
            "status": int(self.status),
            "code": self.code,
            "detail": self.detail,
        }
        if self.errors:
            problem["errors"] = self.errors
        return problem | self.extra


class Unauthenticated(DomainError):
    """Sign in or send a valid API key."""

    status, code = HTTPStatus.UNAUTHORIZED, "unauthenticated"
    challenge = 'Bearer realm="api"'

    def __init__(self, detail: str | None = None) -> None:
        """Say how to authenticate, as HTTP wants it of every 401."""
        super().__init__(detail, headers={"WWW-Authenticate": self.challenge})


class Forbidden(DomainError):
    """Your role does not allow this. Ask an owner or admin of the workspace."""

    status, code = HTTPStatus.FORBIDDEN, "forbidden"


class NotFound(DomainError):
    """There is nothing here, or you may not see it."""

    status, code = HTTPStatus.NOT_FOUND, "not_found"


class Conflict(DomainError):
    """The current state does not allow this."""

    status, code = HTTPStatus.CONFLICT, "conflict"


class Invalid(DomainError):
    """Some fields are not valid."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "invalid"

    @classmethod
    def at(cls, field: str, message: str, code: str = "") -> Self:
        """Return the error that blames one field; the entry's code is the error's own by default."""
        return cls(errors=[{"field": field, "message": message, "code": code or cls.code}])


class TooLarge(DomainError):
    """The request is larger than allowed."""

    status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large"


class PreconditionRequired(DomainError):
    """Send If-Match with the ETag that you last read."""

    status, code = HTTPStatus.PRECONDITION_REQUIRED, "precondition_required"


class PreconditionFailed(DomainError):
    """Somebody changed this since you read it. Read it again and repeat your change."""

    status, code = HTTPStatus.PRECONDITION_FAILED, "precondition_failed"


class TooMany(DomainError):
    """Too many requests. Wait and try again."""

    status, code = HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests"

    def __init__(self, detail: str | None = None, *, retry_after: int = 1) -> None:
        """Say in how many seconds a repeat makes sense."""
        super().__init__(detail, headers={"Retry-After": str(retry_after)})


class ServerError(DomainError):
    """Something failed on our side. It was logged; try again, then tell your operator the request id."""

    status, code = HTTPStatus.INTERNAL_SERVER_ERROR, "server_error"


class Unavailable(DomainError):
    """A service that this needs is not reachable right now. Try again shortly."""

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"
