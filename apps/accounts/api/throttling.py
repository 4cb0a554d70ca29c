"""How often a principal may call: a fixed window of a minute, counted in Redis.

While Redis is away nothing is counted and calls are served: this limit keeps the peace between
those who have a key. Limits on strangers (sign-in, sign-up) refuse instead.
"""

import logging
from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.accounts.models import User
from apps.common import windows
from apps.common.outages import REDIS_AWAY

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

WINDOW_S = 60


class PrincipalThrottle(BaseThrottle):
    """Count the calls of a user or key; the answer says how many are left."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit: int = settings.API_CALLS_PER_MINUTE
        assert isinstance(request.user, User)  # strangers were refused before
        try:
            used = windows.count(f"throttle:{request.user.principal}", WINDOW_S)
        except REDIS_AWAY as error:
            logger.warning("Calls are not counted, Redis is away: %s", error)
            return True
        headers = {"Limit": limit, "Remaining": max(0, limit - used), "Reset": self.wait()}
        request.rate_limit = headers  # type: ignore[attr-defined]
        return used <= limit

    def wait(self) -> float:
        return windows.seconds_left(WINDOW_S)
