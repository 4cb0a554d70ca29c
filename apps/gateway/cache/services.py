"""What people decide about kept answers: whether a route keeps any, and when they are forgotten."""

from contextlib import suppress

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Forbidden
from apps.common.types import JSONDict
from apps.gateway.cache import store
from apps.gateway.cache.similar import shelves
from apps.gateway.exceptions import BadRoute, NotCached, UnknownRoute
from apps.gateway.models import ACCEPTED_ERROR, MOST_CACHED_S, LlmCall, ModelRoute
from apps.gateway.targets import router

LEAST_ERROR, MOST_ERROR = 0.001, 0.05
MOST_ROUTES = 8  # of a workspace whose similar questions are told: what that takes is bounded


@transaction.atomic
def set_cache(
    route: ModelRoute,
    *,
    actor: User,
    ttl_s: int | None,
    varied: bool = False,
    ahead: bool = False,
    embedder: str = "",
    accepted_error: float = ACCEPTED_ERROR,
) -> ModelRoute:
    """Let a route keep its answers for so many seconds; None: no more. Raises BadRoute, Forbidden.

    Without `varied` only answers at temperature 0 are cached. With an `embedder`, a route or
    `provider/model`, they are given to similar questions too, once it was learnt which are, and
    wrongly in no more than the accepted share. `ahead` asks what a workflow asks each time before a
    schedule of it fires. What was cached is forgotten once the cache is off.
    """
    policies.check(actor, "manage", route)
    if ttl_s is not None and not 0 < ttl_s <= MOST_CACHED_S:
        raise BadRoute.at("ttl_s", f"Use 1 to {MOST_CACHED_S:,} seconds, or none.")
    if ahead and (varied or ttl_s is None):
        raise BadRoute.at("ahead", "Only answers at temperature 0 that are kept are asked ahead.")
    _check_embedder(route, embedder, accepted_error)
    route = ModelRoute.objects.select_for_update().get(pk=route.pk)
    before = _shown(route)
    route.cache_ttl_s, route.cache_varied = ttl_s, varied
    route.cache_embedder, route.cache_error = embedder, accepted_error
    route.cache_ahead = ahead
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
    _learn_from(call)
    store.drop(call.cache_name)


def _check_embedder(route: ModelRoute, embedder: str, accepted_error: float) -> None:
    """Raise BadRoute unless similar questions of a route can be told like this."""
    if not LEAST_ERROR <= accepted_error <= MOST_ERROR:
        raise BadRoute.at("accepted_error", f"Use {LEAST_ERROR} to {MOST_ERROR}.")
    if not embedder:
        return
    try:
        router.load().plan(embedder)
    except UnknownRoute as error:
        raise BadRoute.at("embedder", "Name a route, or a model as provider/model.") from error
    others = ModelRoute.objects.exclude(pk=route.pk).exclude(cache_embedder="")
    if others.count() >= MOST_ROUTES:
        raise BadRoute.at("embedder", f"At most {MOST_ROUTES} routes of a workspace may do this.")


def _learn_from(call: LlmCall) -> None:
    """Have it learnt that an answer did not fit the question of a call."""
    if call.similarity is None:
        return
    with suppress(UnknownRoute):
        plan = router.load().plan(call.route)
        shelves.blame(plan, call.cache_name, str(call.pk), call.similarity)


def _save(route: ModelRoute) -> None:
    fields = ("ttl_s", "varied", "epoch", "embedder", "error", "ahead")
    route.save(update_fields=[*(f"cache_{each}" for each in fields), "updated_at"])


def _shown(route: ModelRoute) -> JSONDict:
    shown: JSONDict = {"ttl_s": route.cache_ttl_s, "varied": route.cache_varied}
    if route.cache_ahead:
        shown["ahead"] = True
    if route.cache_embedder:
        shown |= {"embedder": route.cache_embedder, "accepted_error": route.cache_error}
    return shown
