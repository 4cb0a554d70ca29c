"""How the targets of routes do just now, in all processes together, as people look at it."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.egress import circuits
from apps.gateway.alarms import words_of
from apps.gateway.asks import Ask
from apps.gateway.costs.summing import added
from apps.gateway.models import LlmCall, ModelRoute
from apps.gateway.routes import health, sharing
from apps.gateway.routes.candidates import Candidate
from apps.gateway.routes.health import Expected
from apps.gateway.targets import router
from apps.gateway.targets.deciding import decide, schema
from apps.gateway.targets.decline import decline_of
from apps.gateway.targets.router import Target

DAY = timedelta(days=1)
Sums = dict[tuple[str, str], list[JSONDict]]


@dataclass(frozen=True)
class Health:
    """How one target of a route does now. `state`: as its provider's, else as its breaker's."""

    candidate: Candidate
    under_way: int
    expected: Expected
    state: str
    left_s: int
    decline: str


@dataclass(frozen=True)
class Row:
    """A target of a route in a list: how it does now, and what it took in the last day."""

    health: Health
    lately: JSONDict | None  # None: who asks may not see usage

    @property
    def error_percent(self) -> float | None:
        """How many of a hundred calls failed in the last hour; None: there were none."""
        known = self.health.expected
        return 100 * known.failed / known.samples if known.samples else None


def table_of(routes: Iterable[ModelRoute], *, actor: User) -> list[tuple[ModelRoute, list[Row]]]:
    """Return routes with their targets as rows: the ledger is read once, however many they are."""
    routes = list(routes)
    found = health_of(routes)
    sums = _sums(found, actor) if policies.holds(actor, "usage.view") else None
    return [
        (route, [_row(route.alias, each, sums) for each in found[route.alias]]) for route in routes
    ]


def health_of(routes: Iterable[ModelRoute]) -> dict[str, list[Health]]:
    """Return how the targets of each route do; however many they are, the models are read once."""
    sharing.catch_up(schema())
    circuits.look()
    table = router.load()
    return {route.alias: _of_route(table, route) for route in routes}


def _of_route(table: router.RoutingTable, route: ModelRoute) -> list[Health]:
    plan = table.plan(route.alias)
    candidates = decide(plan, Ask(model=route.alias, body={"messages": []})).inputs.candidates
    return [_health(*each) for each in zip(plan.targets, candidates, strict=True)]


def _health(target: Target, candidate: Candidate) -> Health:
    vitals = health.of(schema(), candidate.name)
    found = decline_of(schema(), candidate.name)
    state, left_s = _state(target, candidate)
    return Health(
        candidate, vitals.under_way, health.expected(vitals.recent(time.time())), state,
        round(left_s), words_of(found) if found else "",
    )  # fmt: skip


def _state(target: Target, candidate: Candidate) -> tuple[str, float]:
    """Return what keeps a target from being asked, and for how many seconds it does."""
    if candidate.state != "ready":
        return candidate.state, 0.0
    if candidate.resting_s:
        return "open", candidate.resting_s
    if candidate.cooling_s:
        return "cooling", candidate.cooling_s
    circuit = circuits.seen(circuits.name_of("model", target.upstream.place))
    half_open = circuit is not None and circuit.open and not target.is_ours
    return "half_open" if half_open else "ready", 0.0


def _row(alias: str, each: Health, sums: Sums | None) -> Row:
    return Row(each, None if sums is None else added(sums[alias, each.candidate.name]))


def _sums(found: dict[str, list[Health]], actor: User) -> Sums:
    """Return what each target took in the last day, by route and name."""
    seen = policies.visible(actor, LlmCall.objects.between(timezone.now() - DAY, None))
    sums: Sums = defaultdict(list)
    for row in seen.filter(route__in=list(found)).totals_by("route", "provider", "model"):
        target = _target_of(row, [each.candidate for each in found[row["route"]]])
        if target is not None:
            sums[row["route"], target.name].append(row)
    return sums


def _target_of(row: JSONDict, candidates: list[Candidate]) -> Candidate | None:
    """Return who was asked; providers often answer with a longer name of the model."""
    fitting = [
        each
        for each in candidates
        if each.provider == row["provider"]
        and (each.builtin or str(row["model"]).startswith(each.model))
    ]
    return max(fitting, key=lambda each: len(each.model), default=None)
