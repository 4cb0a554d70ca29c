"""Runs and approvals in a runbook: how they stand, and nothing of what the reader may not see."""

import pytest

from apps.accounts.models import User
from apps.runs.models import Wait
from apps.runs.services import cancel_run, decide
from apps.runs.shown import approvals_shown, runs_shown
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.live_blocks import blocks_of
from tests.factories.runs import carry
from tests.runs.scenes import asking, published, started

pytestmark = pytest.mark.django_db


@pytest.fixture
def wait(bob: User) -> Wait:
    run = carry(started(published(bob, asking(), name="Refunds"), bob))
    return run.waits.get()


def test_a_run_says_how_it_stands(bob: User, wait: Wait) -> None:
    [block] = runs_shown(bob, [str(wait.run_id)]).values()
    assert (block.status, block.detail) == ("waiting", "Refunds, version 1")
    assert block.url == f"/runs/{wait.run_id}/"


def test_an_approval_says_who_decides_and_how_it_was_decided(alice: User, wait: Wait) -> None:
    def shown() -> tuple[str, str]:
        [block] = approvals_shown(alice, [str(wait.pk)]).values()
        return block.status, block.detail

    status, detail = shown()
    assert (status, detail.startswith("Decides: ")) == ("open", True)
    decide(wait, actor=alice, decision="approved")
    assert shown() == ("decided", f"Approve, by {alice}")


def test_a_question_whose_run_ended_says_so(bob: User, wait: Wait) -> None:
    cancel_run(wait.run, actor=bob)
    [block] = approvals_shown(bob, [str(wait.pk)]).values()
    assert block.detail == "The run ended before somebody decided"


def test_what_is_not_there_is_not_shown(bob: User, wait: Wait) -> None:
    nowhere = "00000000-0000-7000-8000-000000000000"
    assert runs_shown(bob, [nowhere]) == {}
    assert approvals_shown(bob, [nowhere, str(wait.run_id)]) == {}


def test_the_other_workspace_sees_nothing(mallory: User, beta: Tenant, wait: Wait) -> None:
    ids = [str(wait.pk), str(wait.run_id)]
    with tenant_context(beta):
        assert runs_shown(mallory, ids) == {}
        assert approvals_shown(mallory, ids) == {}


def test_a_step_says_how_it_stood_in_the_last_run(bob: User, wait: Wait) -> None:
    tree = {"content": [{"type": "node_block", "attrs": {"node": wait.node}}], "type": "doc"}
    [block] = blocks_of(tree, wait.run.workflow, bob).values()
    assert (block.status, block.url.partition("?")[2]) == ("waiting", f"step={wait.node}")
