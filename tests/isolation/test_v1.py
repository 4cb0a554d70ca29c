"""/v1, which is served without Django's middleware, walked like the routes."""

import asyncio

import pytest

from apps.gateway.asgi import HANDLERS
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall
from apps.tenants.context import tenant_context
from apps.workflows.models import Workflow
from auterity.asgi import mounts
from tests.factories.callers import Caller, Reply
from tests.gateway.programs import key_of
from tests.isolation.kept import kept_world
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]


@pytest.fixture
def ours(transactional_db: None) -> World:
    return kept_world("alpha")


@pytest.fixture
def theirs(transactional_db: None) -> World:
    return kept_world("beta")


def ask(world: World, key: str, model: str, **headers: str) -> Reply:
    return Caller(host=world.host)("/v1/chat/completions", body_of(model), **with_key(key, headers))


def body_of(model: str) -> dict[str, object]:
    return {"model": model, "messages": [{"role": "user", "content": "Say hello"}]}


def with_key(key: str, headers: dict[str, str]) -> dict[str, str]:
    return {"authorization": f"Bearer {key}", **headers}


def models(host: str, key: str) -> Reply:
    return Caller(host=host)("/v1/models", method="GET", authorization=f"Bearer {key}")


def calls(world: World) -> int:
    with tenant_context(world.tenant):
        assert journal.written().result(30)
        return LlmCall.objects.exclude(key_id=None).count()


def test_every_mount_is_walked() -> None:
    assert list(mounts) == ["/hooks/", "/v1/"]  # by test_hooks.py and here


def test_its_key_gets_in(ours: World) -> None:
    key = ours.objects["key_text"]
    assert ask(ours, key, ours.objects["route"]).status == 200
    assert ours.canary in models(ours.host, key).body.decode()
    assert calls(ours) == 1


def test_a_key_opens_no_other_workspace(ours: World, theirs: World) -> None:
    key = ours.objects["key_text"]
    for reply in (ask(theirs, key, theirs.objects["route"]), models(theirs.host, key)):
        assert reply.status == 401
        assert theirs.canary not in reply.body.decode()
    assert calls(theirs) == 0


@pytest.mark.parametrize(("method", "path"), HANDLERS)
def test_every_endpoint_asks_for_a_key_of_its_workspace_that_may_call(
    ours: World, theirs: World, method: str, path: str
) -> None:
    body = body_of(theirs.objects["route"])
    for shown in (f"Bearer {ours.objects['key_text']}", ""):
        reply = Caller(host=theirs.host)(path, body, method=method, authorization=shown)
        assert reply.status == 401
        assert theirs.canary not in reply.body.decode()
    with tenant_context(ours.tenant):
        viewers = key_of(ours.people["owner"], "viewer")
    assert Caller(host=ours.host)(path, body, method=method, x_api_key=viewers).status == 403
    assert (calls(ours), calls(theirs)) == (0, 0)


def test_models_of_the_other_workspace_do_not_exist(ours: World, theirs: World) -> None:
    key = ours.objects["key_text"]
    for name in (theirs.objects["route"], f"{theirs.canary}-provider/{theirs.canary}"):
        ask(theirs, theirs.objects["key_text"], name)  # so that this process knows it
        assert ask(ours, key, name).status == 404
    assert theirs.canary not in models(ours.host, key).body.decode()


def test_workflows_of_the_other_workspace_do_not_exist(ours: World, theirs: World) -> None:
    names = {}
    for world in (ours, theirs):
        with tenant_context(world.tenant):
            workflow = Workflow.objects.get(pk=world.objects["workflow"])
            names[world.host] = f"workflow/{workflow.slug}"
    with tenant_context(ours.tenant):
        key = key_of(ours.people["owner"], "operator")
    listed = models(ours.host, key).body.decode()
    assert names[ours.host] in listed
    assert names[theirs.host] not in listed
    assert ask(ours, key, names[theirs.host]).status == 404


def test_on_loopback_the_key_decides_and_sees_its_own(ours: World, theirs: World) -> None:
    for world, other in ((ours, theirs), (theirs, ours)):
        said = models("localhost", world.objects["key_text"]).body.decode()
        assert world.canary in said
        assert other.canary not in said


def test_sessions_and_unknown_hosts_are_no_way_in(ours: World) -> None:
    session = ours.browser("owner").cookies.output(header="", sep=";").strip()
    assert Caller(host=ours.host)("/v1/models", method="GET", cookie=session).status == 401
    reply = models("nobody.localhost", ours.objects["key_text"])
    assert (reply.status, reply.json()["error"]["code"]) == (404, "not_found")


def test_many_workspaces_at_once_do_not_mix(ours: World, theirs: World) -> None:
    async def crowd() -> list[Reply]:
        callers = [(each, Caller(host=each.host)) for each in (ours, theirs) * 12]
        return await asyncio.gather(
            *(
                caller.call(
                    "/v1/chat/completions",
                    body_of(world.objects["route"]),
                    **with_key(world.objects["key_text"], {}),
                )
                for world, caller in callers
            )
        )

    replies = asyncio.run(crowd())
    assert {reply.status for reply in replies} == {200}
    routes = [reply.headers["x-auterity-route"].partition("@")[0] for reply in replies]
    assert routes == [ours.objects["route"], theirs.objects["route"]] * 12
    assert (calls(ours), calls(theirs)) == (12, 12)
