"""What a path leads to: kept, yet never old."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts import policies
from apps.accounts.models import Folder, Group, Role, User
from apps.accounts.services import (
    add_to_group,
    change_custom_role,
    change_role,
    create_group,
    create_role,
    delete_group,
    remove_from_group,
    set_active,
    set_group_role,
)
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
    assert len(statements) > 1, what
    assert after.pk == before.pk


RUNS = ["workflow.view", "workflow.run"]


def in_a_group(bob: User, alice: User) -> Group:
    """Let Bob run workflows by way of a group alone, and return it."""
    group = create_group(name="Operators", role="operator", actor=alice)
    add_to_group(group, bob, actor=alice)
    change_role(bob, role=None, actor=alice)
    return group


def with_own_role(bob: User, alice: User) -> Role:
    """Let Bob run workflows by way of a role of the workspace's own, and return it."""
    role = create_role(label="Runner", permissions=RUNS, actor=alice)
    change_role(bob, role=role.name, actor=alice)
    return role


# How Bob comes to the right to run it, and how he loses it.
LOSSES: dict[str, tuple[Callable[..., Any], Callable[..., object]]] = {
    "another role": (
        lambda bob, alice: bob,
        lambda bob, alice: change_role(bob, role="viewer", actor=alice),
    ),
    "a role that allows less": (
        with_own_role,
        lambda role, alice: change_custom_role(role, permissions=RUNS[:1], actor=alice),
    ),
    "out of the group": (
        in_a_group,
        lambda group, alice: remove_from_group(group, group.members.get(), actor=alice),
    ),
    "another role of the group": (
        in_a_group,
        lambda group, alice: set_group_role(group, role="viewer", actor=alice),
    ),
    "no group any more": (in_a_group, lambda group, alice: delete_group(group, actor=alice)),
}


@pytest.mark.parametrize("how", LOSSES)
def test_what_its_person_may_do_is_never_old(
    how: str, hook: Trigger, bob: User, alice: User
) -> None:
    gain, lose = LOSSES[how]
    held = gain(bob, alice)
    assert may_run()
    with CaptureQueriesContext(connection) as statements:
        assert may_run()
    assert len(statements) == 1
    lose(held, alice)
    assert not may_run()


def may_run() -> bool:
    found = read()
    assert found.run_as is not None
    return policies.allows(found.run_as, "run", found.workflow)


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
