"""What can go wrong with looking at the trail."""

from apps.common.errors import Conflict, TooMany


class VerificationRunning(Conflict):
    """The chain is being verified already. Wait until that is finished."""

    code = "verification_running"


class VerifiedTooOften(TooMany):
    """The chain was verified several times within the last hour. Wait a while."""

    code = "verified_too_often"
