"""When a workspace's models are looked at for those that are going, and for what would be cheaper.

After a change, then each day.
"""

from datetime import timedelta
from uuid import UUID

from apps.dispatch import chores

CHORE, ADVICE = "gateway.retiring", "gateway.advice"
EVERYTHING = UUID(int=0)  # the one subject of a workspace's chore
AGAIN = timedelta(days=1)


def look_soon() -> None:
    """Have the models looked at once this transaction is committed."""
    chores.plan_now(CHORE, [EVERYTHING])


def look_tomorrow() -> None:
    """Have them looked at again in a day."""
    chores.plan(CHORE, [EVERYTHING], chores.now() + AGAIN)


def rest() -> None:
    """Let them be until something changes."""
    chores.done(CHORE, [EVERYTHING])


def advise() -> None:
    """Have somebody look for advice."""
    chores.plan_now(ADVICE, [EVERYTHING])


def advised() -> None:
    """Let advice be until it is planned again."""
    chores.done(ADVICE, [EVERYTHING])
