"""What would be cheaper, and by how much: from the ledger of 30 days and what was learnt of models.

Only answers in JSON are looked at: all of them can be checked, so that a cheap target that is asked first is paid for with
the share of its answers that fail, and with nothing else. No advice below `LEAST_CHECKED` checked answers of the class, or where the interval of
their quality touches the floor.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils import timezone

from apps.gateway.models import LlmCall, LlmCallQuerySet, ModelRoute, TaskQuality
from apps.gateway.routes.candidates import Need, reasons
from apps.gateway.routes.priors import Known, Prior, interval
from apps.gateway.routes.versions import MAX_TARGETS
from apps.gateway.targets import router
from apps.gateway.targets.router import Plan, RoutingTable, Target

PERIOD = timedelta(days=30)
LEAST_CHECKED = 50
FLOOR = 0.8  # of answers that hold, where the route sets no floor
LEAST_SAVED = Decimal("0.05")  # of what the calls cost now
MOST_STEPS = 5


@dataclass(frozen=True)
class Spent:
    """What calls of one class took on one route."""

    task: str
    calls: int
    usd: Decimal
    sent: int
    said: int


@dataclass(frozen=True)
class Finding:
    """A target that a route should ask first, for the classes that bear it out."""

    route: ModelRoute
    target: Target
    spent: tuple[Spent, ...]
    then_usd: Decimal
    passed: float
    failed: float
    floor: float

    @property
    def now_usd(self) -> Decimal:
        """What the calls cost."""
        return sum((each.usd for each in self.spent), Decimal(0))

    @property
    def saved_usd(self) -> Decimal:
        """What they would have cost less."""
        return self.now_usd - self.then_usd

    @property
    def interval(self) -> tuple[float, float]:
        """Between which the share of answers that hold is with 9 to 1."""
        return interval(self.passed, self.failed)


def findings() -> Iterator[Finding]:
    """Yield for each route what saves most, where anything does."""
    table, now = router.load(), timezone.now()
    learnt = TaskQuality.objects.latest_known()
    known = {(each.task, each.model): Prior.of(each, now) for each in learnt}
    targets = _targets(table)
    for alias, route in table.routes.items():
        plan = table.plan(alias)
        if plan.policy.first_word_ms or len(plan.targets) >= MAX_TARGETS:
            continue  # streams that somebody waits for are not checked
        spent = _spent(alias, now)
        found = [each for one in targets if (each := _finding(route, plan, one, spent, known))]
        if found:
            yield max(found, key=lambda each: (each.saved_usd, each.target.stated.name))


def steps_of(finding: Finding) -> list[str]:
    """Return the steps of workflows whose calls these mostly are."""
    calls = _calls(finding.route.alias, timezone.now()).exclude(node_id="")
    mine = calls.filter(task_class__in=[each.task for each in finding.spent])
    counted = mine.values("node_id").annotate(calls=Count("pk")).order_by("-calls", "node_id")
    return [each["node_id"] for each in counted[:MOST_STEPS]]


def _targets(table: RoutingTable) -> list[Target]:
    """Return the models that routes lead to and whose price is known, each once."""
    found: dict[str, Target] = {}
    for alias in table.routes:
        for each in table.plan(alias).targets:
            priced = each.stated.input_usd is not None and each.stated.output_usd is not None
            if each.state == "ready" and priced and not each.is_ours:
                found.setdefault(each.stated.name, each)
    return list(found.values())


def _calls(alias: str, now: datetime) -> LlmCallQuerySet:
    return LlmCall.objects.between(now - PERIOD, None).filter(
        route=alias, status=LlmCall.Status.OK, builtin=False, cost_usd__isnull=False
    ).exclude(cache=LlmCall.Cache.HIT)  # fmt: skip


def _spent(alias: str, now: datetime) -> list[Spent]:
    sums = _calls(alias, now).order_by().values("task_class").annotate(
        calls=Count("pk"), usd=Sum("cost_usd"), sent=Sum("input_tokens"), said=Sum("output_tokens")
    )  # fmt: skip
    return [
        Spent(each["task_class"], each["calls"], each["usd"], each["sent"], each["said"])
        for each in sums
        if each["task_class"].rpartition("/")[2] == "json"
    ]


def _finding(
    route: ModelRoute, plan: Plan, target: Target, spent: list[Spent], known: Known
) -> Finding | None:
    name = target.stated.name
    is_first = any(each.stated.name == name and each.stated.cheap for each in plan.targets)
    if is_first or plan.targets[0].stated.name == name:
        return None
    policy = plan.policy.model_copy(update={"quality_floor": None})  # what was learnt counts below
    if reasons(target.stated, Need(), policy, plan.allowed):
        return None
    floor = plan.policy.quality_floor or FLOOR
    borne = [each for each in spent if _is_borne_out(known.get((each.task, name)), floor)]
    if not borne:
        return None
    priors = [known[each.task, name] for each in borne]
    made = Finding(
        route, target, tuple(borne), sum((_then(each, target, known[each.task, name]) for each in borne), Decimal(0)),
        sum(each.passed for each in priors), sum(each.failed for each in priors), floor,
    )  # fmt: skip
    return made if made.saved_usd > made.now_usd * LEAST_SAVED else None


def _is_borne_out(prior: Prior | None, floor: float) -> bool:
    return (
        prior is not None and prior.passed + prior.failed >= LEAST_CHECKED and prior.bound > floor
    )


def _then(spent: Spent, target: Target, prior: Prior) -> Decimal:
    """Return what calls would cost: the target each time, and what they cost now where it fails."""
    need = Need(input_tokens=spent.sent, output_tokens=spent.said)
    cost = target.stated.cost(need)
    assert cost is not None
    share = Decimal(str(round((prior.failed + 1) / (prior.passed + prior.failed + 2), 6)))
    return cost + share * spent.usd
