"""How often a principal may call: a fixed window of a minute, counted in Redis."""

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apps.accounts.models import User

if TYPE_CHECKING:
    from rest_framework.views import APIView

WINDOW_S = 60


class PrincipalThrottle(BaseThrottle):
    """Count the calls of a user or key; the answer says how many are left."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        limit: int = settings.API_CALLS_PER_MINUTE
        window = int(time.time()) // WINDOW_S
        key = f"throttle:{principal_of(request)}:{window}"
        cache.add(key, 0, timeout=2 * WINDOW_S)
        used = cache.incr(key)
        headers = {"Limit": limit, "Remaining": max(0, limit - used), "Reset": self.wait()}
        request.rate_limit = headers  # type: ignore[attr-defined]
        return bool(used <= limit)

    def wait(self) -> float:
        return WINDOW_S - int(time.time()) % WINDOW_S


def principal_of(request: Request) -> str:
    """Return who calls, as counters name them: a key, a person or an address."""
    user = request.user
    if not isinstance(user, User):
        return f"ip:{request.META.get('REMOTE_ADDR', '')}"
    return f"key:{user.acting_key.pk}" if user.acting_key else f"user:{user.pk}"
