"""Runs whose person left or whose key was revoked while they went on: nothing is called any more."""

import pytest

from apps.accounts.models import User
from apps.accounts.services import (
    change_role,
    create_api_key,
    remove_member,
    revoke_api_key,
    set_active,
)
from apps.common.types import JSONDict
from apps.gateway.models import LlmCall
from apps.runs.models import Run
from tests.factories.runs import Start, carry, error_of
from tests.runs.interpreter.test_semantics import graph
from tests.runs.scenes import published, started
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db(transaction=True)
ASKS = ("ai.generate", {"prompt": "Greet {{ input.who }}."})
FETCHES = ("http.request", {"method": "GET", "url": "https://nowhere.example/"})


def one(type_: str, config: JSONDict) -> JSONDict:
    return graph(node("out", type_, config=config), edge("start", "out"))


@pytest.mark.parametrize("step", [ASKS, FETCHES])
@pytest.mark.parametrize("removed", [True, False])
def test_a_run_of_a_draft_calls_nothing_once_its_person_left(
    start: Start, alice: User, bob: User, step: tuple[str, JSONDict], removed: bool
) -> None:
    run = start(one(*step), who="Ada")
    if removed:
        remove_member(bob, actor=alice)
    else:
        set_active(bob, active=False, actor=alice)
    carry(run)
    assert (run.status, error_of(run)["code"]) == ("failed", "nobody_vouches")
    assert not LlmCall.objects.exists()


def test_a_run_of_a_draft_calls_nothing_once_its_person_may_not_run_it(
    start: Start, alice: User, bob: User
) -> None:
    run = start(one(*ASKS), who="Ada")
    change_role(bob, role="viewer", actor=alice)
    carry(run)
    assert (run.status, error_of(run)["code"]) == ("failed", "nobody_vouches")
    assert not LlmCall.objects.exists()


def test_a_run_of_a_draft_goes_on_with_a_smaller_role_that_may_run_it(
    start: Start, alice: User, bob: User
) -> None:
    run = start(one(*ASKS), who="Ada")
    change_role(bob, role="operator", actor=alice)
    assert carry(run).status == "succeeded", run.error


def test_a_published_version_is_vouched_for_by_who_published_it(alice: User, bob: User) -> None:
    run = started(published(alice, one(*ASKS)), bob)
    set_active(bob, active=False, actor=alice)
    assert carry(run).status == "succeeded", run.error


def test_a_run_of_a_key_ends_with_it(alice: User, bob: User) -> None:
    key, _ = create_api_key(name="key", role="builder", user=bob, actor=bob)
    run = started(published(alice, one(*ASKS)), bob)
    Run.objects.filter(pk=run.pk).update(key_id=key.pk)
    revoke_api_key(key, actor=bob)
    carry(run)
    assert (run.status, error_of(run)["code"]) == ("failed", "nobody_vouches")
