"""Health for load balancers: alive, and ready to serve."""

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps.common.permissions import public_page


@public_page
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer as long as the process runs."""
    return JsonResponse({"status": "alive"})


@public_page
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database and Redis answer, else 503 naming what does not."""
    checks = {"database": _database, "redis": _redis}
    failed = sorted(name for name, check in checks.items() if not check())
    status = 503 if failed else 200
    return JsonResponse(
        {"status": "ready" if not failed else "waiting", "failed": failed}, status=status
    )


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except Exception:  # noqa: BLE001 - whatever is wrong, we are not ready
        return False


def _redis() -> bool:
    try:
        cache.get("health")
    except Exception:  # noqa: BLE001 - whatever is wrong, we are not ready
        return False
    return True
