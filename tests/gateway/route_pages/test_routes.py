"""Routes as they are kept: versions and undo, what may be asked at all, and decisions with reasons."""

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, NotFound
from apps.gateway import services
from apps.gateway.exceptions import BadRoute, NoFittingTarget
from apps.gateway.models import AllowList, LlmCall, ModelRoute, Provider, RouteVersion
from apps.gateway.routes.decision import Decision
from tests.factories.cast import api_client
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import complete, connect, lead
from tests.gateway.programs import Program, error_of, key_of, only_call

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/gateway/"


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def priced(actor: User, model: str, price: int) -> None:
    services.set_price(
        actor=actor, provider="fake", model=model, input_usd=Decimal(price),
        output_usd=Decimal(price),
    )  # fmt: skip


def test_each_change_is_a_version_and_an_earlier_one_comes_back(
    alice: User, provider: Provider, client: APIClient
) -> None:
    lead(alice, "ok", "whole", provider=provider, alias="mine")
    target = {"provider": "fake", "model": "slow-1", "weight": 3, "region": "eu", "quality": 0.5}
    policy = {"regions": ["eu"], "hedge": True}
    made = client.patch(f"{URL}routes/mine/", {"targets": [target], "policy": policy}).json()
    assert (made["version"], made["policy"]) == (2, policy)
    assert made["targets"][0] | target == made["targets"][0]
    assert client.patch(f"{URL}routes/mine/", {"policy": policy}).json()["version"] == 2
    versions = client.get(f"{URL}routes/mine/versions/").json()
    assert [(each["version"], each["author"]) for each in versions] == [
        (2, str(alice)), (1, str(alice)),
    ]  # fmt: skip
    restored = client.post(f"{URL}routes/mine/restore/", {"version": 1}).json()
    assert (restored["version"], restored["policy"]) == (3, {})
    assert [each["model"] for each in restored["targets"]] == ["ok", "whole"]
    assert [each["order"] for each in restored["targets"]] == [0, 1]
    assert client.post(f"{URL}routes/mine/restore/", {"version": 9}).status_code == 404
    entry = AuditEntry.objects.filter(action="route.updated").latest("at")
    assert entry.before
    assert entry.after
    assert (entry.before["policy"], entry.after["policy"]) == (policy, {})


def test_a_version_with_a_provider_that_is_gone_does_not_come_back(
    alice: User, provider: Provider
) -> None:
    route = lead(alice, "ok", provider=provider, alias="mine")
    services.save_route(route, actor=alice, targets=[{"provider": "built-in"}])
    services.delete_provider(provider, actor=alice)
    with pytest.raises(BadRoute):
        services.restore_route(route, 1, actor=alice)
    with pytest.raises(NotFound):
        services.restore_route(route, 7, actor=alice)
    assert ModelRoute.objects.get(alias="mine").version == 2


def test_every_workspace_has_its_first_versions(alice: User) -> None:
    assert RouteVersion.objects.count() == ModelRoute.objects.count() == 3
    route = ModelRoute.objects.get(alias="fast")
    assert services.restore_route(route, 1, actor=alice).version == 1


BAD: list[tuple[str, dict[str, Any]]] = [
    ("targets.0.weight", {"weight": 0}),
    ("targets.0.weight", {"weight": 101, "role": "canary"}),
    ("targets.0.role", {"role": "hero"}),
    ("targets.0.quality", {"quality": 1.5}),
    ("targets.0.capabilities", {"capabilities": ["telepathy"]}),
    ("targets.0.order", {"order": 100}),
]


@pytest.mark.parametrize(("field", "stated"), BAD)
def test_targets_that_make_no_sense(
    alice: User, provider: Provider, field: str, stated: dict[str, Any]
) -> None:
    target = {"provider": "fake", "model": "ok", **stated}
    with pytest.raises(BadRoute) as caught:
        services.save_route(None, actor=alice, alias="mine", targets=[target])
    assert [each["field"] for each in caught.value.errors] == [field]


def test_what_is_not_allowed_is_asked_by_nobody(
    alice: User, provider: Provider, client: APIClient, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "whole", "ok", provider=provider)
    lists = {"patterns": ["fake/o*"], "regions": []}
    assert client.put(f"{URL}allowed/", lists).json() == lists
    assert client.get(f"{URL}allowed/").json() == lists
    assert complete().model == "ok"
    owner = Program(key_of(alice, "owner"))
    reply = owner.chat("fake/whole")
    assert (reply.status, error_of(reply)["code"]) == (400, "no_fitting_target")
    assert not services.try_provider(provider, actor=alice, model="whole").ok
    assert fake.models == ["ok"]
    services.allow_models(actor=alice, patterns=[], regions=["eu"])
    with pytest.raises(NoFittingTarget, match="region"):
        complete()
    assert complete("fast").builtin  # ours leaves the product nowhere
    assert AuditEntry.objects.filter(action="models.allowed").count() == 2


def test_a_call_keeps_what_was_decided_and_why(
    alice: User, provider: Provider, client: APIClient
) -> None:
    policy = {"regions": ["eu"]}
    targets = [
        {"provider": "fake", "model": "whole", "region": "us"},
        {"provider": "fake", "model": "ok", "region": "eu"},
        {"provider": "built-in"},
    ]
    route = ModelRoute.objects.get(alias="default")
    services.save_route(route, actor=alice, targets=targets, policy=policy)
    assert complete().model == "ok"
    call = LlmCall.objects.get()
    decision = Decision.kept(call.decision)
    assert decision is not None
    assert decision.replayed() == decision.outcome
    assert [each.name for each in decision.ranked] == ["fake/ok", "built-in"]
    told = client.get(f"{URL}calls/{call.pk}/decision/").json()
    assert told["holds"] is True
    assert (told["chosen"]["model"], told["chosen"]["place"]) == ("ok", 1)
    assert told["candidates"][-1]["reasons"] == ["region"]
    LlmCall.objects.all().delete()


def test_a_call_from_before_decisions_has_none(client: APIClient) -> None:
    old = LlmCall.objects.create(request_id="r", route="default", status="ok")
    assert client.get(f"{URL}calls/{old.pk}/decision/").status_code == 404


def test_a_dry_decision_asks_nobody(
    alice: User, provider: Provider, client: APIClient, fake: FakeProvider
) -> None:
    priced(alice, "ok", 10)
    lead(alice, "ok", "whole", provider=provider)
    question = {"messages": [{"role": "user", "content": "x" * 400}], "max_tokens": 900}
    told = client.post(f"{URL}routes/default/decide/", question).json()
    assert (told["chosen"]["model"], told["refused"]) == ("ok", "")
    assert told["chosen"]["estimated_cost_usd"] == "0.0100100000"
    assert told["chosen"]["expected"]["p50_ms"] is None
    assert [each["place"] for each in told["candidates"]] == [1, 2]
    capped = client.post(f"{URL}routes/default/decide/", {**question, "max_cost_usd": "0.005"})
    reasons = {each["model"]: each["reasons"] for each in capped.json()["candidates"]}
    assert reasons == {"ok": ["too_expensive"], "whole": ["price_unknown"]}
    assert "would cost more" in capped.json()["refused"]
    assert fake.asked == []
    assert not LlmCall.objects.exists()
    for _ in range(5):
        complete()
    told = client.post(f"{URL}routes/default/decide/", {}).json()
    expected = told["chosen"]["expected"]
    assert expected["samples"] == 5
    assert 0 <= expected["first_p50_ms"] <= expected["p50_ms"] <= expected["p95_ms"]
    for bad in ({"max_cost_usd": "x"}, {"max_latency_ms": 0}, {"messages": "hello"}):
        assert client.post(f"{URL}routes/default/decide/", bad).status_code == 422


def test_a_program_limits_cost_and_time_of_one_call(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    priced(alice, "dear-1", 1_000_000)
    priced(alice, "ok", 10)
    lead(alice, "dear-1", "ok", provider=provider)
    reply = program.chat(max_cost_usd=0.01)
    assert (reply.status, reply.headers["x-auterity-model"]) == (200, "ok")
    sent = fake.asked[0].body
    assert "max_cost_usd" not in sent
    assert 0 < sent["max_tokens"] < 1_000  # as many as the money pays for
    reply = program.chat(max_cost_usd=0.01, max_tokens=50)
    assert fake.asked[-1].body["max_tokens"] == 50
    reply = program.chat(max_cost_usd=0.0001)
    error = error_of(reply)
    assert (reply.status, error["code"]) == (400, "no_fitting_target")
    assert reply.headers["x-should-retry"] == "false"
    lead(alice, "silent", provider=provider)
    reply = program.chat(stream=True, max_latency_ms=300)
    assert (reply.status, error_of(reply)["code"]) == (504, "deadline_passed")
    reply = program.chat(max_latency_ms="soon")
    assert (reply.status, error_of(reply)["param"]) == (400, "max_latency_ms")
    assert program.chat(max_cost_usd=-1).status == 400


def test_the_caps_reach_the_ledger(alice: User, provider: Provider, program: Program) -> None:
    lead(alice, "slow-20", provider=provider)
    assert program.chat(max_latency_ms=20_000).status == 200
    assert only_call().decision["inputs"]["need"]["max_latency_ms"] == 20_000


def test_only_who_manages_providers_changes_routes(
    bob: User, vera: User, provider: Provider
) -> None:
    route = ModelRoute.objects.get(alias="default")
    for user in (bob, vera):
        client = api_client(user)
        assert client.get(f"{URL}allowed/").status_code == 200
        assert client.get(f"{URL}routes/default/versions/").status_code == 200
        assert client.put(f"{URL}allowed/", {"patterns": [], "regions": []}).status_code == 403
        for name, body in (("decide", {}), ("restore", {"version": 1})):
            assert client.post(f"{URL}routes/default/{name}/", body).status_code == 403
        with pytest.raises(Forbidden):
            services.restore_route(route, 1, actor=user)
        with pytest.raises(Forbidden):
            services.allow_models(actor=user, patterns=[], regions=[])
    assert not AllowList.objects.exists()
