"""Why an outbound request did not give an answer."""


class EgressError(Exception):
    """The request did not give an answer."""

    retryable = True


class EgressDenied(EgressError):
    """The address may not be reached from here."""

    retryable = False


class EgressInvalid(EgressError):
    """The request itself is not valid."""

    retryable = False


class EgressTimeout(EgressError):
    """The target did not answer in time."""


class EgressUnreachable(EgressError):
    """The target could not be reached, or broke the connection."""


class EgressTooLarge(EgressError):
    """The answer is larger than allowed."""

    retryable = False
