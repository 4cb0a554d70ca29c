"""Who has to set up a second factor, and until when; after that nothing else is open to them.

Whoever came through their company has shown what the company asks for. Whoever has a factor here has
shown it in each of their sessions: setting one up ends the others, and losing the last ends all.
"""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.session_store import SessionStore

SHOWN = "factor_shown"  # in the session
THROUGH = "came_through"  # in the session: the connection's id


@dataclass(frozen=True)
class Owed:
    """A second factor that is still to be set up."""

    until: datetime

    @property
    def is_overdue(self) -> bool:
        """Whether the time is over in which it could be set up later."""
        return self.until <= timezone.now()


def owed(user: User, session: SessionBase) -> Owed | None:
    """Return the second factor that the person has to set up; None where nobody asks for one."""
    if session.get(SHOWN) or session.get(THROUGH):
        return None
    assert isinstance(session, SessionStore)
    rules = session.rules
    if rules.factor_since is None or not rules.asks_factor_of(user):
        return None
    return Owed(max(rules.factor_since, user.created_at) + rules.factor_grace)


def is_overdue(user: User, session: SessionBase) -> bool:
    """Tell whether nothing but setting up a second factor is open to the person."""
    found = owed(user, session)
    return found is not None and found.is_overdue
