"""What people do with advice: apply, undo, dismiss with a reason."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.gateway import services
from apps.gateway.exceptions import AdviceDecided, BadAdvice, RouteChanged
from apps.gateway.models import Advice, ModelRoute, RouteTarget
from apps.gateway.routes import versions

Status = Advice.Status


@transaction.atomic
def apply_advice(advice: Advice, *, actor: User) -> ModelRoute:
    """Make the advice a new version of its route: the cheap target first, answers held until one holds.

    Raises Forbidden, AdviceDecided, RouteChanged, BadRoute.
    """
    advice, route = _taken(advice, Status.OPEN, actor)
    if route.version != advice.route_version:
        raise RouteChanged
    saved = services.save_route(
        route, actor=actor, targets=_targets(route, advice),
        policy={**route.policy, "verify": "escalate"},
    )  # fmt: skip
    advice.applied_version = saved.version
    _decide(advice, Status.APPLIED, actor, "advice.applied")
    return saved


@transaction.atomic
def undo_advice(advice: Advice, *, actor: User) -> ModelRoute:
    """Make the version from before the newest again. Raises as `apply_advice` does."""
    advice, route = _taken(advice, Status.APPLIED, actor)
    if route.version != advice.applied_version:
        raise RouteChanged
    restored = services.restore_route(route, advice.route_version, actor=actor)
    _decide(advice, Status.UNDONE, actor, "advice.undone")
    return restored


@transaction.atomic
def dismiss_advice(advice: Advice, *, actor: User, reason: str) -> Advice:
    """Hear no more of it for a while. Raises Forbidden, AdviceDecided, BadAdvice without a reason."""
    advice, _ = _taken(advice, Status.OPEN, actor)
    if not reason.strip():
        raise BadAdvice.at("reason", "Say why, for those who come after you.")
    _decide(advice, Status.DISMISSED, actor, "advice.dismissed", reason.strip())
    return advice


def _taken(advice: Advice, wanted: str, actor: User) -> tuple[Advice, ModelRoute]:
    """Return the advice and its route, locked."""
    policies.check(actor, "manage", advice.route)
    route = ModelRoute.objects.select_for_update().get(pk=advice.route_id)
    found = Advice.objects.select_for_update().get(pk=advice.pk)
    if found.status != wanted:
        raise AdviceDecided
    return found, route


def _decide(advice: Advice, status: str, actor: User, action: str, reason: str = "") -> None:
    before = {"status": advice.status}
    advice.decide(status, by=str(actor), reason=reason)
    after = {
        "status": status,
        "route": advice.route.alias,
        **({"reason": reason} if reason else {}),
    }
    record(action, actor=actor, target=advice, before=before, after=after)


def _targets(route: ModelRoute, advice: Advice) -> list[JSONDict]:
    """Return the route's targets, with the cheap one first and all others after it."""
    name = (advice.provider, advice.model)
    rows = [versions.settings_of_target(each) for each in versions.targets_of(route)]
    first = next((each for each in rows if (each["provider"], each["model"]) == name), None)
    rest = [{**each, "order": each["order"] + 1} for each in rows if each is not first]
    known = first or _stated(advice)
    return [{**known, "order": 0, "weight": 1, "role": RouteTarget.Role.CHEAP}, *rest]


def _stated(advice: Advice) -> JSONDict:
    """Return the target as another route has it: with what is stated of it."""
    rows = RouteTarget.objects.filter(provider__slug=advice.provider, model=advice.model)
    found = rows.select_related("provider").first()
    if found is None:
        raise RouteChanged
    return versions.settings_of_target(found)
