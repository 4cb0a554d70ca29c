"""Messages to workers, walked like the routes: what names nothing of the workspace's does nothing.

A message is no proof of anything: who can write to the broker can name any task, workspace and id.
"""

import inspect
import logging
from typing import Any
from uuid import UUID

import pytest
from celery.result import EagerResult
from django.core import mail

from apps.common.ids import uuid7
from apps.dispatch.models import DeadLetter
from apps.gateway.ledger import journal
from apps.tenants.context import PUBLIC, public_scope
from apps.tenants.models import Tenant
from apps.tenants.tasks import HEADER, TenantTask
from auterity.celery import app
from tests.canaries import places
from tests.isolation.kept import kept_world
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]
Reason = DeadLetter.Reason
app.loader.import_default_modules()  # as a worker does before its first message
OURS: dict[str, TenantTask] = {
    name: task for name, task in app.tasks.items() if isinstance(task, TenantTask)
}
NAMING = {  # those that are told what to work on, and in which form
    name: next(iter(parameters))
    for name, task in OURS.items()
    if (parameters := inspect.signature(task.run).parameters) and not task.of_platform
}
OF_PLATFORM = {"gateway.tell_staff", "apps.onboarding.tasks.mail_workspaces"}
NO_IDS: list[Any] = [
    "", "all of them", None, 7, True, ["x"], {"id": "x"}, "\0", "0" * 5_000, f"{uuid7()}'--",
]  # fmt: skip


@pytest.fixture
def ours(transactional_db: None) -> World:
    return kept_world("alpha")


@pytest.fixture
def theirs(transactional_db: None) -> World:
    return kept_world("beta")


def deliver(name: str, schema: object, *args: Any, **kwargs: Any) -> "EagerResult[Any]":
    """Do with a message what a worker does."""
    headers: Any = {HEADER: schema}
    return OURS[name].apply(args, kwargs, headers=headers)


def subject(name: str, each: object) -> object:
    """Return an id as the task expects it."""
    return [each] if NAMING[name] == "subjects" else each


def everything(*worlds: World) -> dict[str, str]:
    """Return all rows that there are."""
    assert journal.written().result(30)
    return dict(places.rows([PUBLIC, *(world.tenant.schema_name for world in worlds)]))


def ids_of(world: World) -> list[str]:
    """Return all ids by which something of a workspace is called."""
    return [value for value in world.objects.values() if _is_id(value)]


def _is_id(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]


def put_aside() -> list[str]:
    with public_scope():
        return list(DeadLetter.objects.values_list("reason", flat=True))


def test_all_kinds_of_jobs_are_walked() -> None:
    assert {
        "portability.write_archive", "portability.read_archive", "portability.forget_archive",
        "campaigns.take_rights", "campaigns.carry_out", "campaigns.remind_reviewers",
        "campaigns.begin_campaign", "evidence.write_pack", "runs.forget", "runs.advance_run",
    } <= NAMING.keys()  # fmt: skip
    assert {name for name, task in OURS.items() if task.of_platform} == OF_PLATFORM


def test_what_another_workspace_has_is_not_there(
    ours: World, theirs: World, caplog: pytest.LogCaptureFixture
) -> None:
    ids = ids_of(ours)
    assert len(ids) > 50
    before = everything(ours, theirs)
    with caplog.at_level(logging.WARNING):
        for name in NAMING:
            for each in ids:
                done = deliver(name, theirs.tenant.schema_name, subject(name, each))
                assert done.successful(), (name, done.traceback)
    assert everything(ours, theirs) == before
    assert not warnings(caplog)


def test_what_is_not_there_at_all_is_nothing_to_do(
    ours: World, caplog: pytest.LogCaptureFixture
) -> None:
    before = everything(ours)
    with caplog.at_level(logging.WARNING):
        for name in NAMING:
            done = deliver(name, ours.tenant.schema_name, subject(name, str(uuid7())))
            assert done.successful(), (name, done.traceback)
    assert everything(ours) == before
    assert not warnings(caplog)


@pytest.mark.parametrize("name", sorted(NAMING))
def test_what_is_no_id_is_put_aside_and_told_once(
    name: str, alpha: Tenant, caplog: pytest.LogCaptureFixture
) -> None:
    messages: list[tuple[list[Any], dict[str, Any]]] = [([subject(name, x)], {}) for x in NO_IDS]
    one = subject(name, str(uuid7()))
    messages += [([], {}), ([one, one], {}), ([], {"unknown": one}), ([str(uuid7()), "x"], {})]
    with caplog.at_level(logging.WARNING):
        for number, (args, kwargs) in enumerate(messages, start=1):
            done = deliver(name, alpha.schema_name, *args, **kwargs)
            assert done.successful(), (args, kwargs, done.traceback)
            assert len(warnings(caplog)) == number, (args, kwargs)
    assert put_aside() == [Reason.BAD_ARGUMENTS] * len(messages)
    assert not any(str(each) in " ".join(warnings(caplog)) for each in NO_IDS if len(str(each)) > 9)


def test_staff_are_mailed_of_no_trouble_that_there_is_not(alpha: Tenant) -> None:
    for args in (["x"], [str(uuid7()), "x"], [str(uuid7()), None]):
        assert deliver("gateway.tell_staff", PUBLIC, *args).successful()
    assert put_aside() == [Reason.BAD_ARGUMENTS] * 3
    assert not mail.outbox


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_message_of_no_workspace_is_put_aside(name: str, alpha: Tenant) -> None:
    args = [subject(name, str(uuid7()))] if name in NAMING else []
    sent: dict[object, str] = dict.fromkeys((None, 7, ""), Reason.NO_TENANT)
    if OURS[name].of_platform:
        args = [str(uuid7())]
        sent |= dict.fromkeys(("t_nobody", alpha.schema_name), Reason.NO_TENANT)
    else:
        sent |= dict.fromkeys(("t_nobody", "pg_catalog"), Reason.UNKNOWN_TENANT)
        sent[PUBLIC] = Reason.NO_TENANT
    for schema in sent:
        assert deliver(name, schema, *args).successful()
    assert sorted(put_aside()) == sorted(sent.values())
