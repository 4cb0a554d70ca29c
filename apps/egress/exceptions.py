"""Why an outbound request did not give an answer."""

import math
from typing import ClassVar

from apps.common.errors import Unavailable


class EgressError(Exception):
    """The request did not give an answer."""

    code: ClassVar[str] = "http_failed"
    hint: ClassVar[str] = "Check the address, then run from here."
    retryable: ClassVar[bool] = True
    blames_service: ClassVar[bool] = False  # whether it counts for the service's breaker
    retry_after: float | None = None


class EgressDenied(EgressError):
    """The address may not be reached from here."""

    retryable = False


class EgressInvalid(EgressError):
    """The request itself is not valid."""

    retryable = False


class EgressTimeout(EgressError):
    """The target did not answer in time."""

    blames_service = True


class EgressUnreachable(EgressError):
    """The target could not be reached, or broke the connection."""

    blames_service = True


class EgressTooLarge(EgressError):
    """The answer is larger than allowed."""

    retryable = False


class BreakerOpen(EgressError, Unavailable):
    """The service kept failing and is left alone for a while."""

    code = "breaker_open"
    hint = "It is tried again by itself. Under Services it can be tried at once."

    def __init__(self, detail: str, *, retry_after: float) -> None:
        """Say in how many seconds a repeat makes sense."""
        Unavailable.__init__(self, detail, headers={"Retry-After": str(math.ceil(retry_after))})
        self.retry_after = retry_after
