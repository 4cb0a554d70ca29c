"""Calls through routes: order, fallback, the ledger; and keys that stay where they belong."""

import asyncio
import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.common.ids import uuid7
from apps.gateway import services
from apps.gateway.asks import Source
from apps.gateway.calls import CompletionRequest
from apps.gateway.exceptions import (
    AnswerCut,
    BadAddress,
    BadProvider,
    BadRoute,
    BuiltInStays,
    InUse,
    NameTaken,
    NotBuiltIn,
    NoUsableTarget,
    ProviderRejected,
    RouteNeeded,
    UnknownRoute,
)
from apps.gateway.models import Credential, LlmCall, ModelRoute, Provider
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import unseal
from tests.fakeai.chat import WORDS
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import QUESTION, complete, connect, lead, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


def only_call() -> LlmCall:
    return LlmCall.objects.get()


def test_every_workspace_can_ask_at_once(alpha: Tenant, beta: Tenant) -> None:
    for tenant in (alpha, beta):
        with tenant_context(tenant):
            for alias in services.DELIVERED_ROUTES:
                answer = complete(alias)
                assert answer.builtin
                assert (answer.cost_usd, answer.provider) == (Decimal(0), "built-in")
                assert "no AI model" in answer.model
            assert LlmCall.objects.filter(status="ok", builtin=True).count() == 3


def test_a_call_streams_and_is_in_the_ledger(alice: User, provider: Provider) -> None:
    services.set_price(
        actor=alice, provider="fake", model="o*", input_usd=Decimal(3), output_usd=Decimal(15)
    )
    lead(alice, "ok", provider=provider)
    heard: list[str] = []
    run_id = uuid7()
    source = Source(str(run_id), "summarise")
    answer = complete(heard=heard, source=source, idempotency_key="k-1", task="generate")
    assert (heard, answer.text) == (list(WORDS), "".join(WORDS))
    assert answer.usage == {"input": 1000, "output": 200}
    assert answer.cost_usd == Decimal("0.006")
    row = only_call()
    assert (row.status, row.provider, row.model) == ("ok", "fake", "ok")
    assert (row.run_id, row.node_id, row.idempotency_key) == (run_id, "summarise", "k-1")
    assert (row.route, row.route_version, row.cost_usd) == ("default", 2, answer.cost_usd)
    assert row.streamed
    assert row.ttft_ms is not None
    assert row.ttft_ms <= row.latency_ms


def test_an_unknown_price_is_unknown_not_zero(alice: User, provider: Provider) -> None:
    lead(alice, "ok", provider=provider)
    assert complete().cost_usd is None
    assert only_call().cost_usd is None
    assert LlmCall.objects.all().totals()["unpriced"] == 1


def test_targets_are_tried_in_order_until_one_answers(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-500", "error-429", "ok", provider=provider)
    assert complete().model == "ok"
    assert fake.models == ["error-500", "error-429", "ok"]
    errors = [each.get("error") for each in only_call().attempts]
    assert errors == ["provider_failed", "provider_rate_limited", None]


def test_no_other_target_is_tried_after_a_rejection_or_the_first_word(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-400", "ok", provider=provider)
    with pytest.raises(ProviderRejected):
        complete()
    lead(alice, "cut", "ok", provider=provider)
    with pytest.raises(AnswerCut):
        complete(heard=[])
    assert fake.models == ["error-400", "cut"]
    cut = LlmCall.objects.get(error_code="answer_cut")
    assert cut.tokens_estimated
    assert cut.output_tokens > 0


def test_a_refused_key_is_disabled_and_the_next_target_asked(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    builtin = {"provider": "built-in"}
    bad = {"provider": "fake", "model": "error-401"}
    route = ModelRoute.objects.get(alias="default")
    services.save_route(route, actor=alice, targets=[bad, builtin])
    assert complete().builtin
    assert complete().builtin
    assert fake.models == ["error-401"]  # the second call skipped it
    assert Provider.objects.get(slug="fake").state == "key_refused"
    entry = AuditEntry.objects.get(action="provider.key_refused")
    assert (entry.actor_type, entry.target_id) == ("system", str(provider.pk))
    services.update_provider(provider, actor=alice, changes={"credential": "sk-another-key-0001"})
    assert Provider.objects.get(slug="fake").state == "ready"


def test_failures_before_any_provider_are_in_the_ledger_too(
    alice: User, provider: Provider
) -> None:
    with pytest.raises(UnknownRoute):
        complete("nowhere")
    lead(alice, "ok", provider=provider)
    services.update_provider(provider, actor=alice, changes={"status": "disabled"})
    with pytest.raises(NoUsableTarget):
        complete()
    with pytest.raises(NotBuiltIn):
        complete("fast", messages=[{"role": "user", "content": "Translate this: hello"}])
    codes = set(LlmCall.objects.values_list("error_code", flat=True))
    assert codes == {"unknown_route", "no_usable_target", "builtin_cannot"}


def test_a_cancelled_call_is_in_the_ledger(alice: User, provider: Provider) -> None:
    lead(alice, "stalls", provider=provider)

    async def cancel_at_first_word() -> None:
        heard = asyncio.Event()
        request = CompletionRequest(route="default", messages=QUESTION)
        call = asyncio.create_task(services.complete(request, on_text=lambda _: heard.set()))
        await heard.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    run(cancel_at_first_word())
    row = only_call()
    assert (row.status, row.error_code, row.provider) == ("cancelled", "", "fake")


def test_a_key_shows_nowhere(
    alice: User, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lead(alice, "error-400", provider=provider)
    with pytest.raises(ProviderRejected) as caught:
        complete()
    assert not services.try_provider(provider, actor=alice, model="error-401").ok
    key = Credential.objects.get()
    everywhere = [
        caplog.text, repr(caught.value), repr(key.__dict__),
        *map(str, AuditEntry.objects.values()), *map(str, LlmCall.objects.values()),
    ]  # fmt: skip
    assert not [text for text in everywhere if SECRET in text]
    assert key.last4 == SECRET[-4:]


def test_a_key_opens_for_its_row_origin_and_workspace_only(
    provider: Provider, beta: Tenant
) -> None:
    key = Credential.objects.get()
    assert unseal(key.sealed, context=key.context) == SECRET
    key.origin = "https://evil.example:443"
    with pytest.raises(CannotUnseal):
        unseal(key.sealed, context=key.context)
    key.refresh_from_db()
    with tenant_context(beta), pytest.raises(CannotUnseal):
        unseal(key.sealed, context=key.context)


def test_a_key_does_not_follow_to_another_address(
    alice: User, provider: Provider, fake: FakeProvider, settings: Any
) -> None:
    other = "http://127.0.0.1:1/v1"
    settings.EGRESS_ALLOW = [*settings.EGRESS_ALLOW, "http://127.0.0.1:1"]
    moved = services.update_provider(provider, actor=alice, changes={"base_url": other})
    assert moved.state == "needs_key"
    assert AuditEntry.objects.filter(action="provider.key_disabled").exists()
    # a row that was changed past the service does not carry the key away either
    Credential.objects.update(status="active")
    trial = services.try_provider(moved, actor=alice, model="ok")
    assert not trial.ok
    assert fake.asked == []


@pytest.mark.parametrize(
    "address",
    [
        "", "ftp://files.example", "https://user:pw@ai.example/v1", "https://ai.example/v1?key=1",
        "http://169.254.169.254/latest", "http://127.0.0.1:5432/v1", "http://[::1]/v1",
        "https://10.0.0.8/v1", "http://ai.example/v1", "https://ai.example/\nv1", "not an address",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_at_once(alice: User, address: str) -> None:
    with pytest.raises(BadAddress):
        services.add_provider(
            actor=alice, kind="openai_compatible", name="X", base_url=address, credential=SECRET
        )
    assert not Provider.objects.filter(name="X").exists()


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f.1", "2130706433"])
def test_names_of_inner_addresses_are_refused_when_called(
    alice: User, fake: FakeProvider, host: str
) -> None:
    port = fake.origin.rsplit(":", 1)[1]
    provider = services.add_provider(
        actor=alice, kind="openai_compatible", name="X", base_url=f"http://{host}:{port}/v1",
        needs_key=False,
    )  # fmt: skip
    trial = services.try_provider(provider, actor=alice, model="ok")
    assert not trial.ok
    assert fake.asked == []


BAD: list[tuple[type[Exception], dict[str, Any]]] = [
    (BadProvider, {"kind": "builtin"}),
    (BadProvider, {"kind": "litellm", "litellm_provider": "bedrock"}),
    (BadProvider, {"credential": "two words"}),
    (BadProvider, {"credential": "line\nbreak"}),
    (BadProvider, {"capabilities": ["telepathy"]}),
    (BadProvider, {"slug": "Bad Slug"}),
    (NameTaken, {"slug": "built-in"}),
]


@pytest.mark.parametrize(("error", "fields"), BAD)
def test_providers_that_make_no_sense(
    alice: User, fake: FakeProvider, error: type[Exception], fields: dict[str, Any]
) -> None:
    with pytest.raises(error):
        connect(fake, alice, **fields)
    assert Provider.objects.count() == 1


def test_routes_that_make_no_sense(alice: User, provider: Provider) -> None:
    target = {"provider": "fake", "model": "ok"}
    cases: list[tuple[type[Exception], str, list[Any]]] = [
        (BadRoute, "mine", []),
        (BadRoute, "mine", [target] * 9),
        (BadRoute, "mine", [{"provider": "nobody", "model": "m"}]),
        (BadRoute, "mine", [{"provider": "fake"}]),
        (BadRoute, "mine", [{**target, "params": {"stream": False}}]),
        (BadRoute, "My route", [target]),
        (NameTaken, "fast", [target]),
    ]
    for error, alias, targets in cases:
        with pytest.raises(error):
            services.save_route(None, actor=alice, alias=alias, targets=targets)
    assert ModelRoute.objects.count() == 3


def test_a_route_gets_a_version_for_each_change_of_its_targets(
    alice: User, provider: Provider
) -> None:
    route = lead(alice, "ok", provider=provider, alias="mine")
    assert route.version == 1
    assert lead(alice, "ok", provider=provider, alias="mine").version == 1
    assert services.save_route(route, actor=alice, description="Mine").version == 1
    assert services.put_first(route, provider, actor=alice, model="whole").version == 2
    entries = AuditEntry.objects.filter(target_type="modelroute").values_list("action", flat=True)
    assert sorted(entries) == ["route.added", "route.updated", "route.updated"]
    with pytest.raises(InUse):
        services.delete_provider(provider, actor=alice)
    services.delete_route(route, actor=alice)
    services.delete_provider(provider, actor=alice)
    assert not Credential.objects.exists()


def test_what_every_workspace_has_stays(alice: User) -> None:
    builtin = Provider.objects.get(slug="built-in")
    with pytest.raises(BuiltInStays):
        services.delete_provider(builtin, actor=alice)
    with pytest.raises(BuiltInStays):
        services.update_provider(builtin, actor=alice, changes={"name": "GPT"})
    with pytest.raises(RouteNeeded):
        services.delete_route(ModelRoute.objects.get(alias="fast"), actor=alice)


def _changes(actor: User, provider: Provider) -> Iterator[Any]:
    route = ModelRoute.objects.get(alias="default")
    price: dict[str, Any] = {
        "provider": "x",
        "model": "y",
        "input_usd": Decimal(1),
        "output_usd": Decimal(1),
    }
    yield lambda: services.add_provider(actor=actor, kind="openai_compatible", name="X")
    yield lambda: services.update_provider(provider, actor=actor, changes={"name": "Y"})
    yield lambda: services.delete_provider(provider, actor=actor)
    yield lambda: services.try_provider(provider, actor=actor, model="ok")
    yield lambda: services.save_route(route, actor=actor, description="Y")
    yield lambda: services.save_route(None, actor=actor, alias="y", targets=[])
    yield lambda: services.delete_route(route, actor=actor)
    yield lambda: services.set_price(actor=actor, **price)


def test_builders_change_nothing(bob: User, provider: Provider, fake: FakeProvider) -> None:
    for change in _changes(bob, provider):
        with pytest.raises(Forbidden):
            change()
    assert fake.asked == []
