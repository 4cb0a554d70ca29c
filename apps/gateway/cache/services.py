"""What people decide about kept answers: whether a route keeps any, and when they are forgotten."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Forbidden
from apps.common.types import JSONDict
from apps.gateway.cache import store
from apps.gateway.exceptions import BadRoute, NotCached
from apps.gateway.models import MOST_CACHED_S, LlmCall, ModelRoute


@transaction.atomic
def set_cache(
    route: ModelRoute, *, actor: User, ttl_s: int | None, varied: bool = False
) -> ModelRoute:
    """Let a route keep its answers for so many seconds; None: no more. Raises BadRoute, Forbidden.

    Without `varied` only answers at temperature 0 are cached. What was cached before is forgotten once
    the cache is switched off.
    """
    policies.check(actor, "manage", route)
    if ttl_s is not None and not 0 < ttl_s <= MOST_CACHED_S:
        raise BadRoute.at("ttl_s", f"Use 1 to {MOST_CACHED_S:,} seconds, or none.")
    route = ModelRoute.objects.select_for_update().get(pk=route.pk)
    before = _shown(route)
    route.cache_ttl_s, route.cache_varied = ttl_s, varied
    if ttl_s is None:
        route.cache_epoch += 1
    if _shown(route) != before:
        _save(route)
        record("route.cache_changed", actor=actor, target=route, before=before, after=_shown(route))
    return route


@transaction.atomic
def purge_cache(route: ModelRoute, *, actor: User) -> ModelRoute:
    """Forget all that a route has cached. Raises Forbidden."""
    policies.check(actor, "manage", route)
    route = ModelRoute.objects.select_for_update().get(pk=route.pk)
    route.cache_epoch += 1
    _save(route)
    record("route.cache_purged", actor=actor, target=route)
    return route


@transaction.atomic
def evict_answer(call: LlmCall, *, actor: User) -> None:
    """Forget the answer of one call, which was wrong. Raises NotCached, CacheAway, Forbidden."""
    policies.check(actor, "view", call)
    if not policies.holds(actor, "model.call"):
        raise Forbidden
    if not call.cache_name:
        raise NotCached
    record("call.answer_evicted", actor=actor, target=call)
    store.drop(call.cache_name)


def _save(route: ModelRoute) -> None:
    route.save(update_fields=["cache_ttl_s", "cache_varied", "cache_epoch", "updated_at"])


def _shown(route: ModelRoute) -> JSONDict:
    return {"ttl_s": route.cache_ttl_s, "varied": route.cache_varied}
