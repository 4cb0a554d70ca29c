"""What a path leads to: kept, yet never old."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Folder, User
from apps.accounts.services import set_active
from apps.triggers.models import Trigger
from apps.triggers.paths import trigger_at
from apps.triggers.services import update_trigger
from apps.workflows.services import archive_workflow
from tests.factories.triggers import trigger

pytestmark = pytest.mark.django_db


@pytest.fixture
def hook(bob: User) -> Trigger:
    made = trigger(bob, "webhook", {}, path="orders")
    made.workflow.refresh_from_db()
    return made


def read() -> Trigger:
    found = trigger_at("orders")
    assert found is not None
    return found


def test_asking_again_reads_nothing_but_where_the_rows_stand(hook: Trigger) -> None:
    first = read()
    with CaptureQueriesContext(connection) as statements:
        again = read()
        assert again.workflow.published_version == first.workflow.published_version
        assert again.run_as == first.run_as
        assert again.webhook == first.webhook
    assert len(statements) == 1


CHANGES: dict[str, Callable[[Trigger, User, User], object]] = {
    "the trigger": lambda hook, bob, alice: update_trigger(
        hook, actor=bob, changes={"enabled": False}
    ),
    "its workflow": lambda hook, bob, alice: archive_workflow(hook.workflow, actor=bob),
    "its person": lambda hook, bob, alice: set_active(bob, active=False, actor=alice),
    "its folder": lambda hook, bob, alice: hook.workflow.folder.save(),  # type: ignore[union-attr]
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_seen_at_once(what: str, hook: Trigger, bob: User, alice: User) -> None:
    hook.workflow.folder = Folder.objects.create(name="Sales", path="/sales/")
    hook.workflow.save()
    before = read()
    CHANGES[what](hook, bob, alice)
    with CaptureQueriesContext(connection) as statements:
        after = read()
    assert len(statements) == 2, what
    assert after.pk == before.pk


def test_nobody_writes_into_what_is_kept(hook: Trigger) -> None:
    first = read()
    first.name = first.workflow.name = "changed"
    assert first.run_as is not None
    first.run_as.name = "changed"
    again = read()
    assert again.run_as is not None
    assert "changed" not in {again.name, again.workflow.name, again.run_as.name}


def test_the_empty_path_leads_nowhere(bob: User) -> None:
    trigger(bob, "schedule", {"every_s": 3600})
    assert trigger_at("") is None
