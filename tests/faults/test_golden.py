"""Old histories mean the same today: folded, and gone on with from each place where they rested (F22).

`golden/*.json` were written by the release that ran them and are never changed. After an act on what
it stored, today's engine must store what that one did. `make golden` adds a history that is new in
`histories.py`; where one differs, either the engine is wrong or its number must be raised.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.dispatch.models import Ticket
from apps.runs.interpreter import segment
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run, Wait
from apps.runs.services import cancel_run, decide, pause_run, resume_run
from apps.workflows.services import create_workflow
from tests.factories.runs import Start, fire_timers
from tests.faults.auditor import audit_run
from tests.faults.crowd import Target
from tests.faults.histories import HISTORIES
from tests.faults.snapshots import kept_version, neutral, put_back, taken, unlike
from tests.workflows.definitions import greeting

FOLDER = Path(__file__).parent / "golden"
ADDING = os.environ.get("GOLDEN") == "add"


class Died(BaseException):
    """The worker is gone."""


@pytest.fixture
def target(settings: Settings) -> Iterator[Target]:
    made = Target()
    made.answer.set()
    settings.EGRESS_ALLOW = [made.origin]
    yield made
    made.close()


def act(run: Run, what: str, decider: User, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Do to a run what a history says; return it as it is stored then."""
    match what:
        case "carry":
            advance(run.pk)
        case "die":
            die(run, monkeypatch)
        case "time":
            fire_timers(run)
        case "approve" | "reject":
            word = {"approve": "approved", "reject": "rejected"}[what]
            decide(Wait.objects.get(run=run, kind="approval"), actor=decider, decision=word)
        case _:
            {"cancel": cancel_run, "pause": pause_run, "resume": resume_run}[what](
                run, actor=decider
            )
    run.refresh_from_db()
    assert audit_run(run) == []
    return run


def die(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the worker be gone once it has written what it is about to do."""

    def gone(_attempt: Any) -> Any:
        raise Died

    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(segment, "carry_out", gone)
        advance(run.pk)
    Ticket.objects.filter(pk=run.pk).update(lease_until="2020-01-01T00:00:00Z")


@pytest.mark.parametrize("name", sorted(HISTORIES))
def test_each_history_is_kept(
    name: str, start: Start, target: Target, oscar: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What today's engine makes of it from its start is what was kept."""
    definition, inputs, acts = HISTORIES[name]
    run = start(definition(target), **inputs)
    moments = [taken(run, target.origin)]
    for what in acts:
        run = act(run, what, oscar, monkeypatch)
        moments.append(taken(run, target.origin))
    path = FOLDER / f"{name}.json"
    if ADDING and not path.exists():
        path.write_text(json.dumps(_history(run, acts, moments, target), indent=1) + "\n")
    assert path.exists(), f"The history {name} is not kept yet. Add it with: make golden"
    kept = json.loads(path.read_text())["moments"]
    assert unlike(moments, kept) == []


def _history(run: Run, acts: Any, moments: Any, target: Target) -> JSONDict:
    version = run.version
    definition = neutral(version.definition, target.origin)
    return {
        "acts": list(acts), "engine": version.engine, "definition": definition, "moments": moments,
    }  # fmt: skip


def kept_moments() -> list[tuple[str, int]]:
    """Return each place at which a kept history can be gone on with."""
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        acts = json.loads(path.read_text())["acts"]
        found += [(path.stem, place) for place in range(len(acts))]
    return found


@pytest.mark.parametrize(("name", "place"), kept_moments())
def test_an_old_run_goes_on_as_it_would_have_then(
    name: str, place: int, bob: User, oscar: User, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = json.loads((FOLDER / f"{name}.json").read_text())
    workflow = create_workflow(actor=bob, name="Under test", definition=greeting())
    version = kept_version(workflow, history, target.origin)
    _remember(target, history["moments"][place])
    run = put_back(history["moments"][place], version, oscar, target.origin)
    assert audit_run(run) == []
    act(run, history["acts"][place], oscar, monkeypatch)
    kept = history["moments"][place + 1]
    found = taken(run, target.origin)
    assert unlike(found, kept) == []


def _remember(target: Target, moment: JSONDict) -> None:
    """Let the target know the first call of a step that has failed once already."""
    tried = [step for step in moment["steps"] if step["status"] == "retrying"]
    if tried:
        target.forgives = True


def test_another_meaning_of_an_old_history_is_found() -> None:
    """The comparison sees what a fold of today could get wrong."""
    history = json.loads((FOLDER / "approved.json").read_text())
    kept = history["moments"][-1]
    other = json.loads(json.dumps(kept).replace('"succeeded"', '"skipped"', 1))
    assert unlike(other, kept)
