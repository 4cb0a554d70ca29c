"""What an answer tells of the service that gave it."""

from collections.abc import Mapping
from http import HTTPStatus

from apps.common.moments import seconds_of
from apps.egress.breakers import Fault, Health, Verdict

LONG_S = 30  # who is limited for longer does not come back within the call's own patience
OURS = (HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)


def health_of(status: int, headers: Mapping[str, str]) -> Verdict:
    """Return whether the service failed: any other status, a refusal too, shows that it is well.

    A limit of calls is a fault only where the service asks for a long pause, as it would for
    everybody; short ones are the caller's to wait for.
    """
    wait = seconds_of(headers.get("retry-after", "")) or 0
    limited = status == HTTPStatus.TOO_MANY_REQUESTS and wait >= LONG_S
    failed = status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in OURS
    if limited or failed or status == HTTPStatus.REQUEST_TIMEOUT:
        return Fault(f"HTTP {status}", wait)
    return Health.WELL
