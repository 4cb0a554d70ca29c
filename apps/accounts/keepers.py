"""Who changes people and groups here without being a person."""

from apps.common.models import TimestampedModel


class Keeper(TimestampedModel):
    """A company's directory, as the one who acts; owners are not its to change.

    It holds no permissions: what it may do is what the services allow to keepers.
    """

    # Audit entries name who acts, and through which key.
    acting_key: object | None = None

    class Meta:
        abstract = True
