"""The settings of a route as one piece: checked when they are set, and kept as a version each time."""

from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.gateway.exceptions import BadRoute
from apps.gateway.models import ModelRoute, Provider, RouteTarget, RouteVersion
from apps.gateway.routes.policy import CAPABILITIES, Policy

MAX_TARGETS = 8
MAX_WEIGHT, MAX_ORDER = 1_000, 99
MAX_CONTEXT = 100_000_000
PARAMS = frozenset(
    {
        "temperature", "top_p", "max_tokens", "max_completion_tokens", "seed", "stop",
        "presence_penalty", "frequency_penalty", "reasoning_effort",
    }
)  # fmt: skip
# What may be stated of a target, with what holds where nothing is.
STATED: JSONDict = {
    "weight": 1, "role": "main", "context_tokens": None, "capabilities": [], "region": "",
    "quality": None,
}  # fmt: skip


def change(
    route: ModelRoute, targets: list[JSONDict] | None, policy: JSONDict | None, *, author: str
) -> None:
    """Set what is given; where that changes anything, it is a new version. Raises BadRoute."""
    before = settings(route)
    if policy is not None:
        wanted = Policy.of(policy)
        _check_judge(wanted.judge, route)
        route.policy = wanted.settings()
    rows = None if targets is None else rows_of(route, targets)
    shown = before["targets"] if rows is None else [settings_of_target(each) for each in rows]
    after = {"targets": shown, "policy": route.policy}
    if after == before:
        return
    if rows is not None:
        route.targets.all().delete()
        RouteTarget.objects.bulk_create(rows)
    route.version += 1
    route.save(update_fields=["version", "policy", "updated_at"])
    RouteVersion.objects.create(
        route=route, number=route.version, settings=after, author=author[:200]
    )


def _check_judge(judge: str, route: ModelRoute) -> None:
    """Raise BadRoute unless a judge is another route, or a provider's model."""
    slug, _, model = judge.partition("/")
    if judge == route.alias:
        raise BadRoute.at("policy.judge", "A route cannot judge its own answers.")
    if not judge or ModelRoute.objects.filter(alias=judge).exists():
        return
    if not model or not Provider.objects.filter(slug=slug).exists():
        raise BadRoute.at("policy.judge", "There is no such route, and no such provider.")


def settings(route: ModelRoute) -> JSONDict:
    """Return what a version consists of."""
    targets = [settings_of_target(each) for each in targets_of(route)]
    return {"targets": targets, "policy": route.policy}


def settings_of(route: ModelRoute, number: int) -> JSONDict:
    """Return the settings of an earlier version. Raises NotFound."""
    found = route.versions.filter(number=number).first()
    if found is None:
        raise NotFound
    kept: JSONDict = found.settings
    return {"targets": kept["targets"], "policy": kept["policy"]}


def shown(route: ModelRoute) -> JSONDict:
    """Return what the trail keeps of a route."""
    return {"description": route.description, "version": route.version, **settings(route)}


def targets_of(route: ModelRoute) -> list[RouteTarget]:
    """Return the targets as they are stored now."""
    return list(RouteTarget.objects.filter(route=route).select_related("provider"))


def settings_of_target(target: RouteTarget) -> JSONDict:
    """Return a target as it is given: what is as usual is left out."""
    stated = {name: getattr(target, name) for name in STATED}
    return {
        "provider": target.provider.slug, "model": target.model, "params": target.params,
        "order": target.order,
        **{name: value for name, value in stated.items() if value != STATED[name]},
    }  # fmt: skip


def rows_of(route: ModelRoute, targets: list[JSONDict]) -> list[RouteTarget]:
    """Return targets as rows. Raises BadRoute naming what makes no sense."""
    if not 0 < len(targets) <= MAX_TARGETS:
        raise BadRoute.at("targets", f"Give 1 to {MAX_TARGETS} targets.")
    return [_row(route, place, each) for place, each in enumerate(targets)]


def _row(route: ModelRoute, place: int, data: JSONDict) -> RouteTarget:
    field, params = f"targets.{place}", data.get("params") or {}
    provider = Provider.objects.filter(slug=str(data.get("provider", ""))).first()
    if provider is None:
        raise BadRoute.at(f"{field}.provider", "There is no such provider.")
    model = str(data.get("model") or provider.default_model).strip()
    if not provider.is_builtin and not 0 < len(model) <= 200:
        raise BadRoute.at(f"{field}.model", "Name a model of the provider.")
    if not isinstance(params, dict) or set(params) - PARAMS:
        raise BadRoute.at(f"{field}.params", f"Use only {', '.join(sorted(PARAMS))}.")
    stated = {name: data.get(name, usual) for name, usual in STATED.items()}
    order = data.get("order")
    row = RouteTarget(
        route=route, provider=provider, model=model, params=params, position=place,
        order=place if order is None else order, **stated,
    )  # fmt: skip
    _check(row, field)
    return row


def _check(row: RouteTarget, field: str) -> None:
    """Raise BadRoute for what is stated and makes no sense."""
    if row.role not in RouteTarget.Role.values:
        raise BadRoute.at(f"{field}.role", f"Use {' or '.join(RouteTarget.Role.values)}.")
    most = 100 if row.role == RouteTarget.Role.CANARY else MAX_WEIGHT
    bounds = {
        "weight": (1, most),
        "order": (0, MAX_ORDER),
        "context_tokens": (1, MAX_CONTEXT),
        "quality": (0, 1),
    }
    for name, (least, highest) in bounds.items():
        value = getattr(row, name)
        if value is not None and not least <= value <= highest:
            raise BadRoute.at(f"{field}.{name}", f"Use a number from {least} to {highest:,}.")
    if set(row.capabilities) - set(CAPABILITIES):
        raise BadRoute.at(f"{field}.capabilities", f"Use {', '.join(CAPABILITIES)}.")
