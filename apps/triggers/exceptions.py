"""What can go wrong with triggers."""

from apps.common.errors import Conflict, Invalid, TooMany, Unauthenticated


class BadConfig(Invalid):
    """The settings of the trigger are not valid."""

    code = "bad_config"


class PathTaken(Invalid):
    """Another webhook has this path."""

    code = "path_taken"


class SecretMissing(Invalid):
    """This kind of authentication needs a key. Enter it."""

    code = "secret_missing"


class NotAWebhook(Conflict):
    """Only webhooks have a test address."""

    code = "not_a_webhook"


class NotASchedule(Conflict):
    """Only schedules have fire times."""

    code = "not_a_schedule"


class NotReplayable(Conflict):
    """This delivery cannot be repeated: not all of it was kept, or it is still pending."""

    code = "not_replayable"


class NotTheSender(Unauthenticated):
    """The call is not authenticated as this webhook asks for."""

    challenge = "Webhook"


class TooOften(TooMany):
    """This webhook is called too often. Wait and try again."""

    code = "too_many_requests"


class TooManyWaiting(TooMany):
    """Too many callers wait for an answer of this webhook. Try again in a moment."""

    code = "too_many_waiting"
