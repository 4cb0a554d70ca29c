"""Health for load balancers: alive, and ready to serve."""

from collections.abc import Callable

from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from apps.common.permissions import public_page

Check = Callable[[], bool]
_checks: dict[str, Check] = {}
_warnings: dict[str, Check] = {}


def register_check(name: str, check: Check, *, warns_only: bool = False) -> None:
    """Have a check asked for readiness; one that only warns is told and takes nobody out.

    A check that raises does not hold. To be called in `AppConfig.ready()`.
    """
    (_warnings if warns_only else _checks)[name] = check


@public_page
@require_safe
def live(request: HttpRequest) -> JsonResponse:
    """Answer as long as the process runs."""
    return JsonResponse({"status": "alive"})


@public_page
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 when all that serving needs is there, else 503 naming what is not."""
    failed = _failing(_checks)
    warnings = [] if "database" in failed else _failing(_warnings)
    answer = {"status": "waiting" if failed else "ready", "failed": failed, "warnings": warnings}
    return JsonResponse(answer, status=503 if failed else 200)


def _failing(checks: dict[str, Check]) -> list[str]:
    return sorted(name for name, check in checks.items() if not _holds(check))


def _holds(check: Check) -> bool:
    try:
        return check()
    except Exception:  # noqa: BLE001 - whatever is wrong, it does not hold
        return False


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


def _redis() -> bool:
    cache.get("health")
    return True


for _name, _check in {"database": _database, "redis": _redis}.items():
    register_check(_name, _check)
