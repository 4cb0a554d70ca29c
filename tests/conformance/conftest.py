"""An engine to be held to the promise, a target that its steps act on, and runs to begin."""

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.nodes import registry
from apps.runs import engine
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.workflows.services import create_workflow
from tests.conformance.engines import ENGINES, Driver
from tests.faults import history
from tests.simulation.effects import Act, Target

Begin = Callable[..., Run]


@pytest.fixture(params=sorted(ENGINES))
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Driver:
    """Each engine in turn, carrying all runs of the test."""
    made: Driver = ENGINES[request.param](monkeypatch)
    monkeypatch.setattr(engine, "_engine", [made.engine])
    return made


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    """What steps of the type `sim.effect` act on; it is kind unless a test wants otherwise."""
    made = Target(Random(0), is_kind=True)
    monkeypatch.setitem(registry._types, Act.name, Act)
    monkeypatch.setattr(Act, "target", made, raising=False)
    return made


@pytest.fixture
def begin(driver: Driver, target: Target, bob: User) -> Iterator[Begin]:
    """Return a function that starts a run; in the end each history must give what is stored."""

    def start(definition: JSONDict, **options: Any) -> Run:
        workflow = create_workflow(actor=bob, name="Under test", definition=definition)
        return start_run(workflow, actor=bob, inputs={}, version="draft", **options)

    yield start
    for run in Run.objects.all():
        told = history.fold(run.events.all())
        stored = {(row["frame"], row["node"]): row for row in run.nodes.values()}
        assert told.wrong + history.differences(told, stored) == []
        assert (told.status, told.error) == (run.status, run.error)
