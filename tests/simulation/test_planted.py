"""The simulator finds the engine that we break on purpose, each within its seeds (F30)."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.dispatch import leases, services
from apps.dispatch.models import Timer
from apps.nodes.base import Effect
from apps.runs.interpreter.steps import Steps
from apps.runs.state.vector import Byte, Walk
from tests.simulation.clock import WORKERS
from tests.simulation.story import Cast, Story
from tests.simulation.world import Weather

Plant = Callable[[pytest.MonkeyPatch], None]
SEEDS = 500  # the rarest needs some hundreds
# Where everybody interrupts everybody, but nobody dies: what comes between two statements is met.
CROWDED = Weather(death=0, freeze=0, others=0.25, lost_bells=0)


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """Whoever lost the run goes on writing."""
    for name in ("HOLD", "RELEASE", "FINISH"):
        blind = getattr(leases, name).replace("AND fence = %(fence)s", "")
        patch.setattr(leases, name, blind.replace("AND status = 'running'", ""))


def no_comparison_of_wakes(patch: pytest.MonkeyPatch) -> None:
    """What comes between looking and letting go is missed."""
    patch.setattr(leases, "RELEASE", leases.RELEASE.replace("AND wake = %(wake)s", ""))


def joins_that_fire_twice(patch: pytest.MonkeyPatch) -> None:
    """A join that has begun is made ready again by the next edge that arrives."""
    original = Walk._decide

    def eager(self: Walk, place: int) -> None:
        if self.graph.nodes[place].needed and self._verdict(place) == Byte.READY:
            self.mark(place, Byte.READY)
        else:
            original(self, place)

    patch.setattr(Walk, "_decide", eager)


def a_lost_timer(patch: pytest.MonkeyPatch) -> None:
    """With the timer that has done its work go the others of its run."""

    def clear_all(run_id: Any, _keys: list[str]) -> None:
        Timer.objects.filter(ticket_id=run_id).delete()

    patch.setattr(services, "clear_timers", clear_all)


def a_lease_by_the_workers_clock(patch: pytest.MonkeyPatch) -> None:
    """Whether a lease has ended is told by the clock of who wants it."""
    late = "lease_until < clock_timestamp()"
    patch.setattr(leases, "CLAIM", leases.CLAIM.replace(late, f"lease_until < {WORKERS}"))


def an_intent_that_is_not_kept(patch: pytest.MonkeyPatch) -> None:
    """What must not be repeated is begun like anything else."""
    original = Steps.begin

    def begin(self: Steps, attempt: Any) -> None:
        attempt.effect, effect = Effect.KEYED, attempt.effect
        original(self, attempt)
        attempt.effect = effect

    patch.setattr(Steps, "begin", begin)


PLANTS = (
    no_fence, no_comparison_of_wakes, joins_that_fire_twice, a_lost_timer,
    a_lease_by_the_workers_clock, an_intent_that_is_not_kept,
)  # fmt: skip


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_broken_engine_is_found(
    plant: Plant, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    for seed in range(SEEDS):
        weather = CROWDED if plant is no_comparison_of_wakes else None
        if Story(seed, cast, weather).tell(monkeypatch):
            return
    pytest.fail(f"{plant.__doc__} Not found within {SEEDS} seeds.")
