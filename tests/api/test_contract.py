"""The API keeps its description: no 500, nothing undescribed, whatever is sent."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker, Settings
from schemathesis.generation import GenerationMode

from tests.api.contract import EXAMPLES, Caller, generated, good, operations, probes_of, send, stays
from tests.isolation.standing import Standing
from tests.isolation.world import ROLES, World

ENOUGH = 50
OTHERS = [role for role in ROLES if role != "owner"]


@pytest.fixture(scope="module")
def standing(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Standing]:
    with django_db_blocker.unblock():
        standing = Standing("alpha")
        yield standing
        standing.clear()


@pytest.fixture
def world(standing: Standing, settings: Settings, label: str) -> Iterator[World]:
    settings.API_CALLS_PER_MINUTE = 10**9
    yield standing.world()
    if stays(label):
        standing.clear()


@pytest.mark.parametrize("label", sorted(operations()))
def test_operation_keeps_its_description(label: str, world: World) -> None:
    caller, known = Caller.of(label, world), probes_of(label, world)
    assert known, f"{label} has no good request in tests/isolation/probes.py"
    for probe, place in known:
        answer = send(good(label, probe, place, world), caller)
        assert 200 <= answer.status_code < 300, answer.text
    places = [dict(pairs) for pairs in sorted({tuple(sorted(place.items())) for _, place in known})]
    statuses = [each for mode in EXAMPLES for each in generated(label, mode, places, caller)]
    statuses += generated(label, GenerationMode.POSITIVE, [{}], caller, share=4)  # any id at all
    assert len(statuses) >= ENOUGH or not _has_something_to_vary(label)


@pytest.mark.parametrize("label", sorted(operations()))
def test_it_keeps_it_for_every_role(label: str, world: World) -> None:
    """Whether it is done or refused, what others are told is described as well."""
    known = probes_of(label, world)
    for role in OTHERS:
        caller = Caller.browsing(role, world)
        for probe, place in known:
            assert send(good(label, probe, place, world), caller).status_code < 500
        generated(label, GenerationMode.POSITIVE, [known[0][1]], caller, share=20)


def _has_something_to_vary(label: str) -> bool:
    """Operations without any input have one request only."""
    operation = operations()[label]
    return bool(operation.query or operation.body or operation.headers)


def test_the_modes_are_both_there() -> None:
    assert set(EXAMPLES) == {GenerationMode.POSITIVE, GenerationMode.NEGATIVE}
    assert sum(EXAMPLES.values()) >= ENOUGH
