"""Answers that are given again: to the same question only, for a while, and never elsewhere."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from decimal import Decimal
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from redis import Redis
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.gateway import news
from apps.gateway.cache import answering, store
from apps.gateway.cache import services as cache
from apps.gateway.exceptions import BadRoute, NotCached
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall, ModelRoute, Provider
from apps.gateway.services import set_price
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.vault.services import rotate_data_key
from tests.factories.browsers import browser
from tests.factories.callers import Reply
from tests.factories.cast import api_client
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import complete, connect, lead
from tests.gateway.programs import Program, events_of, key_of

# One after the other: they look at all that is kept in Redis.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("kept-answers"),
]
SURE: dict[str, Any] = {"temperature": 0}


@pytest.fixture(autouse=True)
def _forget() -> None:
    """Start without what other tests kept: their workspaces have the same names."""
    with Redis.from_url(settings.REDIS_URL) as client:
        for key in client.scan_iter("gateway:answer:*"):
            client.delete(key)
    news.forget()


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    provider = connect(fake, alice)
    set_price(actor=alice, provider="fake", model="*", input_usd=Decimal(3), output_usd=Decimal(15))
    return provider


@pytest.fixture
def route(alice: User, provider: Provider) -> ModelRoute:
    """A route to a model of the fake that keeps its answers for an hour."""
    return cache.set_cache(lead(alice, "ok", provider=provider), actor=alice, ttl_s=3600)


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def cache_of(reply: Reply) -> str:
    return reply.headers["x-auterity-cache"]


def rows() -> list[LlmCall]:
    assert journal.written().result(30)
    return list(LlmCall.objects.order_by("created_at"))


def test_the_same_question_is_answered_again_for_nothing(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    first, again = program.chat(**SURE), program.chat(**SURE)
    assert [cache_of(each) for each in (first, again)] == ["miss", "hit"]
    assert again.body == first.body
    assert (again.headers["x-auterity-cost-usd"], again.headers["age"]) == ("0", "0")
    assert again.headers["x-auterity-provider"] == "fake"
    assert len(fake.asked) == 1
    asked, given = rows()
    assert (asked.cache, asked.saved_usd, asked.cost_usd) == ("miss", None, Decimal("0.006"))
    assert (given.cache, given.saved_usd, given.cost_usd) == ("hit", Decimal("0.006"), Decimal(0))
    assert (given.input_tokens, given.output_tokens, given.attempts) == (0, 0, [])
    totals = LlmCall.objects.all().totals()
    assert (totals["hits"], totals["saved_usd"]) == (1, Decimal("0.006"))


def test_a_stream_is_given_again_event_by_event(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    usage: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    first, again = program.chat(**SURE, **usage), program.chat(**SURE, **usage)
    assert (cache_of(again), again.body) == ("hit", first.body)
    assert events_of(again)[-1] == "[DONE]"
    # Without the event of the usage it is another answer.
    plain = program.chat(**SURE, stream=True)
    assert cache_of(plain) == "miss"
    assert events_of(program.chat(**SURE, stream=True)) == events_of(plain)
    assert len(fake.asked) == 2


def test_steps_are_answered_from_the_cache_too(
    route: ModelRoute, provider: Provider, fake: FakeProvider
) -> None:
    heard: list[str] = []
    first, again = complete(temperature=0), complete(heard=heard, temperature=0)
    assert again.text == first.text == "".join(heard)
    assert (first.cost_usd, again.cost_usd) == (Decimal("0.006"), Decimal(0))
    assert len(fake.asked) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"messages": [{"role": "user", "content": "Say hello!"}]},
        {"messages": [{"role": "system", "content": "Say hello"}]},
        {"temperature": 0, "seed": 1},
        {"max_tokens": 5},
        {"response_format": {"type": "json_object"}},
        {"tools": [{"type": "function", "function": {"name": "x"}}]},
        {"unknown_parameter": True},
        {"stop": ["a"]},
    ],
    ids=lambda each: next(reversed(each)),
)
def test_another_question_is_asked(
    route: ModelRoute, program: Program, fake: FakeProvider, other: dict[str, Any]
) -> None:
    program.chat(**SURE)
    assert cache_of(program.chat(**{**SURE, **other})) == "miss"
    assert len(fake.asked) == 2


def test_who_asks_makes_no_difference(
    alice: User, route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    program.chat(**SURE, user="one")
    assert cache_of(Program(key_of(alice)).chat(**SURE, user="two")) == "hit"


def test_answers_that_may_differ_are_kept_only_on_wish(
    alice: User, route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    others: list[dict[str, Any]] = [{}, {"temperature": 0.7}]
    for more in others:
        assert [cache_of(program.chat(**more)) for _ in range(2)] == ["miss", "miss"]
    cache.set_cache(route, actor=alice, ttl_s=60, varied=True)
    assert [cache_of(program.chat(temperature=0.7)) for _ in range(2)] == ["miss", "hit"]


@pytest.mark.parametrize("model", ["tool", "length", "content_filter", "error-400", "cut"])
def test_what_is_no_whole_answer_in_words_is_not_kept(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, model: str
) -> None:
    cache.set_cache(lead(alice, model, provider=provider), actor=alice, ttl_s=60)
    for stream in (False, True):
        asked = len(fake.asked)
        for _ in range(2):
            program.chat(**SURE, stream=stream)
        assert len(fake.asked) == asked + 2, stream


def test_turns_of_tools_are_asked(route: ModelRoute, program: Program, fake: FakeProvider) -> None:
    messages = [
        {"role": "user", "content": "Look it up"},
        {"role": "tool", "tool_call_id": "1", "content": "found"},
    ]
    assert [cache_of(program.chat(**SURE, messages=messages)) for _ in range(2)] == ["miss", "miss"]


def test_whoever_left_a_stream_keeps_nothing(
    route: ModelRoute, alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    route = lead(alice, "long-2000", provider=provider)
    cache.set_cache(route, actor=alice, ttl_s=60, varied=True)
    program.leave("default", lambda heard: b"word1" in heard)
    reply = program.chat(stream=True)
    assert cache_of(reply) == "miss"
    assert events_of(reply)[-1] == "[DONE]"


def test_a_new_answer_can_be_asked_for_and_is_kept(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    program.chat(**SURE)
    body = {"model": "default", "messages": [{"role": "user", "content": "Say hello"}], **SURE}
    fresh = program.post("chat/completions", body, **{"cache-control": "no-cache"})
    assert (cache_of(fresh), len(fake.asked)) == ("miss", 2)
    assert cache_of(program.chat(**SURE)) == "hit"


def test_vectors_are_kept(
    alice: User, route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    body = {"model": "default", "input": ["a", "b"], "encoding_format": "float"}
    first, again = (program.post("embeddings", body) for _ in range(2))
    assert (cache_of(again), again.json()) == ("hit", first.json())


def test_an_answer_grows_old(
    route: ModelRoute, program: Program, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.chat(**SURE)
    _let_pass(monkeypatch, 3500)
    young = program.chat(**SURE)
    assert (cache_of(young), young.headers["age"][:2]) == ("hit", "35")
    _let_pass(monkeypatch, 3700)
    assert cache_of(program.chat(**SURE)) == "miss"


def _let_pass(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let the cache believe that it is later; ids and everything else keep their time."""
    clock = SimpleNamespace(time=lambda: time.time() + seconds, monotonic=time.monotonic)
    for module in (store, answering):
        monkeypatch.setattr(module, "time", clock)


@pytest.mark.parametrize("how", ["all", "one", "off", "target", "key"])
def test_answers_are_forgotten(
    alice: User, route: ModelRoute, provider: Provider, program: Program, fake: FakeProvider,
    how: str,
) -> None:  # fmt: skip
    program.chat(**SURE)
    assert cache_of(program.chat(**SURE)) == "hit"
    if how == "all":
        cache.purge_cache(route, actor=alice)
    elif how == "one":
        cache.evict_answer(rows()[0], actor=alice)
    elif how == "off":
        cache.set_cache(route, actor=alice, ttl_s=None)
        cache.set_cache(route, actor=alice, ttl_s=60)
    elif how == "target":
        lead(alice, "other", provider=provider)
        lead(alice, "ok", provider=provider)
    else:
        rotate_data_key()
        news.forget()
    assert cache_of(program.chat(**SURE)) == "miss"


def test_another_process_finds_what_one_kept(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    program.chat(**SURE)
    news.forget()  # all that this process remembers
    assert cache_of(program.chat(**SURE)) == "hit"


def test_no_other_workspace_is_given_an_answer(
    route: ModelRoute, program: Program, fake: FakeProvider, beta: Tenant
) -> None:
    program.chat(**SURE)
    with tenant_context(beta):
        actor = add_member(email="b@beta.example", name="B", role="owner")
        other = lead(actor, "ok", provider=connect(fake, actor))
        assert other.version == route.version
        cache.set_cache(other, actor=actor, ttl_s=3600)
        stranger = Program(key_of(actor), host="beta.localhost")
    assert cache_of(stranger.chat(**SURE)) == "miss"
    with Redis.from_url(settings.REDIS_URL) as client:
        keys = sorted(client.scan_iter("gateway:answer:*"))
        assert len(keys) == 2
        # Even one who could write into Redis cannot give one workspace the answer of another.
        first, second = (client.get(key) for key in keys)
        assert b"Hello" not in first + second
        client.set(keys[0], second)
        client.set(keys[1], first)
    news.forget()
    assert [cache_of(each.chat(**SURE)) for each in (stranger, program)] == ["miss", "miss"]


def test_the_same_at_the_same_time_is_asked_once(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    cache.set_cache(lead(alice, "slow-400", provider=provider), actor=alice, ttl_s=60)
    programs = [Program(key_of(alice)) for _ in range(5)]
    with ThreadPoolExecutor(5) as threads:
        asked = (partial(copy_context().run, partial(each.chat, **SURE)) for each in programs)
        told = [threads.submit(each) for each in asked]
        found = sorted(cache_of(each.result(60)) for each in told)
    assert found == ["hit"] * 4 + ["miss"]
    assert len(fake.asked) == 1


def test_without_redis_a_process_keeps_its_own(
    route: ModelRoute, program: Program, fake: FakeProvider, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [cache_of(program.chat(**SURE)) for _ in range(2)] == ["miss", "hit"]


def test_what_is_garbage_in_redis_is_asked_again(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    program.chat(**SURE)
    with Redis.from_url(settings.REDIS_URL) as client:
        [key] = client.scan_iter("gateway:answer:*")
        client.set(key, b"garbage")
    news.forget()
    assert cache_of(program.chat(**SURE)) == "miss"


def test_this_process_keeps_no_more_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "NEAR_BYTES", 1000)
    near = store._Near()
    for place in range(20):
        near.put(("a", str(place)), store.Cached(b"x" * 100, False, "p", "m", "", 0))
    assert near.get(("a", "0")) is None
    assert near.get(("a", "19")) is not None
    near.forget("b")
    assert near.get(("a", "19")) is not None
    near.forget("a")
    assert near.get(("a", "19")) is None
    assert near._bytes == 0


def test_managers_decide_and_others_are_refused(
    route: ModelRoute, alice: User, bob: User, oscar: User, vera: User
) -> None:
    for other in (vera, oscar, bob):
        with pytest.raises(Forbidden):
            cache.set_cache(route, actor=other, ttl_s=1)
        with pytest.raises(Forbidden):
            cache.purge_cache(route, actor=other)
    for wrong in (0, -1, 30 * 86_400 + 1):
        with pytest.raises(BadRoute):
            cache.set_cache(route, actor=alice, ttl_s=wrong)
    assert AuditEntry.objects.filter(action="route.cache_changed", after__ttl_s=3600).exists()


def test_whoever_may_ask_may_say_that_an_answer_was_wrong(
    route: ModelRoute, program: Program, fake: FakeProvider, oscar: User, vera: User
) -> None:
    program.chat(**SURE)
    program.chat(temperature=1)
    kept, not_kept = rows()
    with pytest.raises(Forbidden):
        cache.evict_answer(kept, actor=vera)
    cache.evict_answer(kept, actor=oscar)
    with pytest.raises(NotCached):
        cache.evict_answer(not_kept, actor=oscar)
    assert AuditEntry.objects.filter(action="call.answer_evicted").count() == 1


def test_over_the_api(route: ModelRoute, alice: User, program: Program, fake: FakeProvider) -> None:
    client: APIClient = api_client(alice)
    url = "/api/v1/gateway/routes/default/cache/"
    off = {"ahead": False, "embedder": "", "accepted_error": 0.005}
    assert client.get(url).json() == {"ttl_s": 3600, "varied": False, **off}
    changed = client.put(url, {"ttl_s": 60, "varied": True}, format="json")
    assert changed.json() == {"ttl_s": 60, "varied": True, **off}
    assert client.put(url, {"ttl_s": 0}, format="json").status_code == 422
    program.chat(**SURE)
    assert len(rows()) == 1
    [call] = client.get("/api/v1/gateway/calls/?cache=miss").json()["results"]
    assert client.delete(f"/api/v1/gateway/calls/{call['id']}/answer/").status_code == 204
    assert client.delete(url).status_code == 204
    assert json.loads(client.put(url, {"ttl_s": None}, format="json").content)["ttl_s"] is None
    assert client.get("/api/v1/gateway/calls/?cache=old").status_code == 422


def test_on_the_pages(
    route: ModelRoute, alice: User, oscar: User, program: Program, fake: FakeProvider
) -> None:
    client, other = browser(alice), browser(oscar)
    page = client.get("/relaycore/routes/default/")
    assert "Give an answer again for" in page.content.decode()
    client.post("/relaycore/routes/default/cache/", {"ttl_s": "86400", "varied": "on"})
    route.refresh_from_db()
    assert (route.cache_ttl_s, route.cache_varied) == (86400, True)
    client.post("/relaycore/routes/default/cache/", {"ttl_s": "7"})
    route.refresh_from_db()
    assert route.cache_ttl_s == 86400
    assert other.post("/relaycore/routes/default/cache/", {"ttl_s": ""}).status_code == 403
    assert other.post("/relaycore/routes/default/purge/").status_code == 403
    for _ in range(2):
        program.chat(**SURE)
    kept = rows()[0]
    listed = other.get("/relaycore/calls/?cache=hit").content.decode()
    assert "from the cache" in listed
    assert "Wrong answer" in listed
    said = other.post(f"/relaycore/calls/{kept.pk}/forget/", follow=True).content.decode()
    assert "That answer is forgotten" in said
    client.post("/relaycore/routes/default/purge/")
    client.post("/relaycore/routes/default/cache/", {"ttl_s": ""})
    route.refresh_from_db()
    assert route.cache_ttl_s is None
