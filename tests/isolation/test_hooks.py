"""Webhooks, which are served without Django's middleware, walked like the routes."""

import asyncio
from typing import Any

import pytest

from apps.accounts.services import set_active
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.triggers.models import Trigger
from apps.triggers.services import update_trigger
from tests.factories.callers import Caller, Reply
from tests.isolation.kept import kept_world
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]


@pytest.fixture
def ours(transactional_db: None) -> World:
    return kept_world("alpha")


@pytest.fixture
def theirs(transactional_db: None) -> World:
    return kept_world("beta")


def call(world: World, path: str, **headers: str) -> Reply:
    return Caller(host=world.host)(f"/hooks/{path}", {"who": "Ada"}, **headers)


def runs(world: World) -> int:
    with tenant_context(world.tenant):
        return Run.objects.filter(trigger="webhook").count()


def hook(world: World) -> str:
    return f"{world.canary}-inner/hook"


def test_its_sender_gets_in(ours: World) -> None:
    reply = call(ours, hook(ours), x_api_key=ours.objects["hook_secret"])
    assert reply.status == 202
    assert runs(ours) == 1


def test_the_other_workspace_has_no_such_path_and_no_such_secret(
    ours: World, theirs: World
) -> None:
    for host, path, secret in (
        (theirs, hook(ours), ours.objects["hook_secret"]),
        (theirs, hook(ours), theirs.objects["hook_secret"]),
        (ours, hook(theirs), ours.objects["hook_secret"]),
    ):
        reply = call(host, path, x_api_key=secret)
        assert reply.status == 404
        assert ours.canary not in reply.body.decode()
    reply = call(theirs, hook(theirs), x_api_key=ours.objects["hook_secret"])
    assert reply.status == 401
    assert runs(ours) == runs(theirs) == 0


def test_neither_sessions_nor_keys_are_a_way_in(ours: World, theirs: World) -> None:
    session = ours.browser("owner").cookies.output(header="", sep=";").strip()
    for world in (ours, theirs):
        key = f"Bearer {world.objects['key_text']}"
        assert call(ours, hook(ours), authorization=key).status == 401
    assert call(ours, hook(ours), cookie=session).status == 401
    assert runs(ours) == 0


def test_its_persons_rights_count_at_each_call(ours: World) -> None:
    builder, owner = ours.people["builder"], ours.people["owner"]
    with tenant_context(ours.tenant):
        spare = Trigger.objects.get(pk=ours.objects["spare_trigger"])
        config: dict[str, Any] = {"input": "body"}
        update_trigger(spare, actor=builder, changes={"config": config})
    path = f"{ours.canary}-inner/spare_trigger"
    assert call(ours, path).status == 202
    with tenant_context(ours.tenant):
        set_active(builder, active=False, actor=owner)
    reply = call(ours, path)
    assert (reply.status, runs(ours)) == (404, 1)
    assert ours.canary not in reply.body.decode()


def test_many_workspaces_at_once_do_not_mix(ours: World, theirs: World) -> None:
    async def crowd() -> list[Reply]:
        callers = [(each, Caller(host=each.host)) for each in (ours, theirs) * 12]
        return await asyncio.gather(
            *(
                caller.call(
                    f"/hooks/{hook(world)}",
                    {"who": world.canary},
                    x_api_key=world.objects["hook_secret"],
                )
                for world, caller in callers
            )
        )

    assert {reply.status for reply in asyncio.run(crowd())} == {202}
    for world in (ours, theirs):
        with tenant_context(world.tenant):
            found = Run.objects.filter(trigger="webhook").values_list("inputs__who", flat=True)
            assert list(found) == [world.canary] * 12
