"""What one seed tells: a workflow, its run, who does what to it, and what is wrong at the end."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db.models import Min

from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.common.ids import uuid7
from apps.dispatch.models import Ticket, Timer
from apps.nodes import registry
from apps.runs import services
from apps.runs.interpreter.attention import choices_of
from apps.runs.models import Run, Wait
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.services import create_workflow, publish_workflow
from tests.runs.interpreter.test_semantics import graph
from tests.simulation import rules
from tests.simulation.clock import BEGIN
from tests.simulation.definitions import invent
from tests.simulation.effects import Act, Target
from tests.simulation.world import Died, Endless, Weather, World
from tests.workflows.definitions import edge, greeting, node

LONGEST = 150  # rounds until a run that is left alone must have come to its end


@dataclass(frozen=True)
class Cast:
    """Who is there in every story: a workspace, somebody who steers, and workflows."""

    tenant: Tenant
    actor: User
    workflow: Workflow
    child: Workflow


class Story:
    """Tells one seed; the same seed is told the same way."""

    def __init__(self, seed: int, cast: Cast, weather: Weather | None = None) -> None:
        """Begin it, in the weather that the seed draws or in another one."""
        self.seed = seed
        self.cast = cast
        self.world = World(seed, cast.tenant)
        self.world.weather = weather or self.world.weather
        self.world.act = self.act
        self.dice = self.world.dice
        self.target = Target(self.dice)
        self.cancelled: dict[UUID, int] = {}  # the last event when a cancel was committed

    def tell(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Play it to the end, and return what is wrong then."""
        monkeypatch.setitem(registry._types, Act.name, Act)
        monkeypatch.setattr(Act, "target", self.target, raising=False)
        with self.world.played(monkeypatch):
            try:
                self._play()
            except Endless:
                return ["the engine goes in circles"]
            state = [str(ticket) for ticket in Ticket.objects.order_by("pk")]
            self.world.note(f"tickets {state}")
            return rules.broken(self)

    def _play(self) -> None:
        self._start()
        self.world.is_calm = False
        for _ in range(self.dice.randint(5, 25)):
            with suppress(Died):
                self.act()
        self.world.is_calm = self.target.is_kind = True
        self.world.note("left alone")
        self._come_to_rest()

    @property
    def runs(self) -> list[Run]:
        """Every run there is, the outer ones first."""
        return list(Run.objects.order_by("id"))

    def _start(self) -> None:
        definition = invent(self.dice, str(self.cast.child.pk))
        WorkflowVersion.objects.create(
            workflow=self.cast.workflow, definition=definition, number=self.seed + 2,
            sha256=uuid7().hex,
        )  # fmt: skip
        for _ in range(self.dice.choice((1, 1, 1, 2))):
            services.start_run(
                self.cast.workflow, actor=self.cast.actor, inputs={}, version=self.seed + 2
            )

    def act(self) -> None:
        """Let somebody do something."""
        acts = [
            (self.world.answer_bell, 8), (self.world.sweep, 3), (self._time, 3), (self._decide, 2),
            (self._wish, 2), (self._settle, 1),
        ]  # fmt: skip
        self.dice.choices([act for act, _ in acts], [weight for _, weight in acts])[0]()

    def _time(self) -> None:
        """Let a little time pass, or so much that the next timer is due."""
        due = Timer.objects.filter(fired_at=None).aggregate(at=Min("fire_at"))["at"]
        if due is not None and self.dice.random() < 0.5:
            seconds = (due - BEGIN).total_seconds() - self.world.clock.seconds
            self.world.pass_time(max(0.1, seconds))
        else:
            self.world.pass_time(self.dice.uniform(0.1, 12))

    def _decide(self) -> None:
        waits = list(Wait.objects.open().approvals().order_by("id"))
        if waits:
            self._decide_one(self.dice.choice(waits))

    def _decide_one(self, wait: Wait) -> None:
        with suppress(DomainError):
            word = self.dice.choice(("approved", "rejected"))
            services.decide(wait, actor=self.cast.actor, decision=word)
            self.world.note(f"decided {word}")

    def _wish(self) -> None:
        runs = [run for run in self.runs if not run.is_finished]
        if not runs:
            return
        run = self.dice.choice(runs)
        wish = self.dice.choices(("pause", "resume", "cancel", "terminate"), (4, 5, 1, 0.4))[0]
        with suppress(DomainError):
            getattr(services, f"{wish}_run")(run, actor=self.cast.actor)
            self.world.note(f"{wish} {run.pk.hex[-6:]}")
            if wish == "cancel":
                last = Run.objects.values_list("seq", flat=True).get(pk=run.pk)
                self.cancelled.setdefault(run.pk, last)

    def _settle(self) -> None:
        for run in self.runs:
            if choices := choices_of(run):
                choice = self.dice.choice(choices)
                with suppress(DomainError):
                    services.settle_attention(
                        run, actor=self.cast.actor, choice=choice, output={"answer": "done"}
                    )
                    self.world.note(f"settled {choice}")

    def _come_to_rest(self) -> None:
        """Leave all to itself: no more faults, people answer, time passes from timer to timer."""
        for _ in range(LONGEST):
            if all(run.is_finished for run in self.runs):
                return
            self.world.pass_time(11)
            due = Timer.objects.filter(fired_at=None).aggregate(at=Min("fire_at"))["at"]
            if due is not None:
                behind = (due - BEGIN).total_seconds() - self.world.clock.seconds
                self.world.pass_time(max(0.0, behind))
            for run in Run.objects.filter(status=Run.Status.PAUSED):
                with suppress(DomainError):
                    services.resume_run(run, actor=self.cast.actor)
            self._settle()
            for wait in Wait.objects.open().approvals().order_by("id"):
                self._decide_one(wait)
            self.world.sweep()
            while self.world.bells:
                self.world.answer_bell()

    def told(self, found: list[str]) -> str:
        """Return what is shown of a seed that failed."""
        again = f"seed {self.seed}; again: make simulate seed={self.seed}"
        return "\n".join([again, *found, *self.world.trace[-80:]])


def cast_of(tenant: Tenant, actor: User) -> Cast:
    """Return the cast, with the workflow that inner runs run.

    What a person's row reads once is read here: the first story would have a statement more.
    """
    assert actor.group_handles == []
    inner = graph(node("w", "flow.wait", config={"seconds": 30}), edge("start", "w"))
    child = create_workflow(actor=actor, name="Inner", definition=inner)
    publish_workflow(child, actor=actor)
    workflow = create_workflow(actor=actor, name="Outer", definition=greeting())
    return Cast(tenant, actor, workflow, child)
