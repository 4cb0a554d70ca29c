"""What can go wrong with tickets."""

from apps.common.errors import TooMany


class Backlogged(TooMany):
    """Too many runs of this workspace are waiting to start. Try again when some have finished."""

    code = "backlogged"


class Fenced(Exception):
    """Another worker has taken the run over: nothing this one still does may be kept."""


class WokenUp(Exception):
    """Something happened to the run since it was last looked at: look again, then release."""


class BrokerAway(Exception):
    """The message broker cannot be reached right now."""
