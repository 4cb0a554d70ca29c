"""Sessions that end when the workspace says so: some time after their last use, and once and for all.

The end stands in the session's row, where pages, the API and sockets all look before they read it.
"""

from datetime import datetime
from functools import cached_property
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from apps.accounts.models import SignInRules
from apps.tenants.database import query

BEGAN = "began_at"  # when somebody last showed who they are from the beginning
FIXED = "_session_expiry"  # Django's; a moment where whoever let them in said when it ends


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with the ends that the rules of sign-ins ask for."""

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Return when the session ends if it is not used again."""
        if SESSION_KEY not in self:  # nobody is signed in
            return super().get_expiry_date(**kwargs)
        return min(timezone.now() + self.rules.idle, self.last_moment())

    async def aget_expiry_date(self, **kwargs: Any) -> datetime:
        return await query(self.get_expiry_date)

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Return for how many seconds the browser keeps the cookie."""
        if SESSION_KEY not in self:
            return super().get_expiry_age(**kwargs)
        return max(0, int((self.get_expiry_date() - timezone.now()).total_seconds()))

    def last_moment(self) -> datetime:
        """Return when it ends whatever is done."""
        said = self.get(BEGAN)
        began = datetime.fromisoformat(said) if said else timezone.now()
        end = began + self.rules.longest
        fixed = self.get(FIXED)
        return min(end, datetime.fromisoformat(fixed)) if isinstance(fixed, str) else end

    @cached_property
    def rules(self) -> SignInRules:
        """What the workspace asks, read once for each request."""
        return SignInRules.objects.now()
