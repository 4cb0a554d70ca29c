"""Answers that are given to similar questions: learnt first, never elsewhere, and never in the way."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from apps.accounts.models import User
from apps.accounts.services import add_member
from apps.gateway import news
from apps.gateway.cache import services, store
from apps.gateway.cache.similar import asking, book, shelves, vectors
from apps.gateway.cache.similar.book import Book, Entry
from apps.gateway.cache.similar.learning import Seen
from apps.gateway.cache.similar.vectors import BROKEN, Vector
from apps.gateway.exceptions import BadRoute
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall, ModelRoute
from apps.gateway.services import set_price
from apps.gateway.targets import router
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.vault.services import rotate_data_key
from tests.factories.browsers import browser
from tests.factories.callers import Reply
from tests.factories.cast import api_client
from tests.fakeai.server import FakeProvider
from tests.gateway.cache.asking import forget_all, similar_route
from tests.gateway.calling import lead, run
from tests.gateway.programs import Program, events_of, key_of

# One after the other: they look at all that is kept in Redis.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("kept-answers"),
]
ASKED, AGAIN = "How do I reset my password?", "Could you tell me how to reset my password, please?"
ANSWER = "Open your profile, then “Reset”."


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start without what other tests kept, and check no hit by chance."""
    forget_all()
    monkeypatch.setattr(asking, "CHECKED", 0.0)


@pytest.fixture
def route(alice: User, fake: FakeProvider) -> ModelRoute:
    """A route that learnt enough of other questions."""
    route = similar_route(fake, alice, accepted_error=0.05)
    set_price(actor=alice, provider="fake", model="*", input_usd=Decimal(3), output_usd=Decimal(15))
    fake.scripted |= {ASKED: ANSWER, AGAIN: ANSWER}
    teach(route)
    return route


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def teach(route: ModelRoute, answers: int = 150) -> None:
    """Let a route learn from so many comparisons, all of them right."""
    plan = router.load().plan(route.alias)
    policy = plan.cache
    assert policy is not None

    async def each() -> None:
        shelf = await shelves.shelf_of(plan, policy)
        for place in range(answers):
            entry = Entry("elsewhere", f"answer{place}", f"What is {place}?")
            await shelf.teach(entry, "somebody", Seen(0.95 + place % 5 / 100, right=True))
        await store.close()

    run(each())


def ask(program: Program, text: str, headers: dict[str, str] | None = None, **more: Any) -> Reply:
    messages = more.pop("messages", [{"role": "user", "content": text}])
    body = {"model": "default", "messages": messages, "temperature": 0, **more}
    return program.post("chat/completions", body, **(headers or {}))


def cache_of(reply: Reply) -> str:
    return reply.headers["x-auterity-cache"]


def rows() -> list[LlmCall]:
    assert journal.written().result(30)
    return list(LlmCall.objects.order_by("created_at"))


def test_a_similar_question_is_answered_for_nothing(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    first, again = ask(program, ASKED), ask(program, AGAIN)
    assert [cache_of(each) for each in (first, again)] == ["miss", "semantic"]
    assert again.body == first.body
    assert 0.95 <= float(again.headers["x-auterity-similarity"]) < 1
    assert (again.headers["age"], again.headers["x-auterity-cost-usd"]) == ("0", "0")
    assert "x-auterity-similarity" not in first.headers
    asked, given, vectors = rows()
    assert (vectors.endpoint, vectors.route, vectors.task) == (
        "embeddings",
        "vectors",
        "similarity",
    )
    assert (given.cache, given.saved_usd, given.cost_usd) == (
        "semantic",
        asked.cost_usd,
        Decimal(0),
    )
    assert given.similarity == pytest.approx(
        float(again.headers["x-auterity-similarity"]), abs=1e-4
    )
    assert LlmCall.objects.all().totals()["hits"] == 1
    assert [each.key_id for each in (vectors, given)] == [asked.key_id] * 2


def test_a_stream_is_given_again_event_by_event(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    usage: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}
    first, again = ask(program, ASKED, **usage), ask(program, AGAIN, **usage)
    assert (cache_of(again), again.body) == ("semantic", first.body)
    assert events_of(again)[-1] == "[DONE]"
    assert events_of(again)[-2]["usage"]["total_tokens"] == 1200
    assert cache_of(ask(program, AGAIN)) == "miss"  # whole: another answer


def test_until_enough_is_learnt_a_model_is_asked(
    alice: User, program: Program, fake: FakeProvider
) -> None:
    similar_route(fake, alice)
    fake.scripted |= {ASKED: ANSWER, AGAIN: "Open your profile then reset", AGAIN[:-1]: "No."}
    told = [cache_of(ask(program, each)) for each in (ASKED, AGAIN, AGAIN[:-1])]
    assert told == ["miss", "miss", "miss"]
    shelf = next(iter(shelves._shelves.values()))
    assert (shelf.learner.compared, shelf.learner.wrong) == (2, 1)
    assert len(shelf.book) == 2  # what was answered otherwise is kept beside


def test_a_share_of_hits_is_checked(
    route: ModelRoute, program: Program, fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(program, ASKED)
    monkeypatch.setattr(asking, "CHECKED", 1.0)
    before = next(iter(shelves._shelves.values())).learner.compared
    assert cache_of(ask(program, AGAIN)) == "miss"
    assert next(iter(shelves._shelves.values())).learner.compared == before + 1


@pytest.mark.parametrize(
    "other",
    [
        {"response_format": {"type": "json_object"}},
        {"tools": [{"type": "function", "function": {"name": "x"}}]},
        {"n": 2},
        {"messages": [{"role": "user", "content": [
            {"type": "text", "text": AGAIN},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]}]},
        {"messages": [{"role": "user", "content": "please " * 300 + AGAIN}]},
        {"messages": [{"role": "system", "content": "Be brief"}, {"role": "user", "content": AGAIN}]},
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"},
                      {"role": "user", "content": AGAIN}]},
        {"seed": 1},
        {"max_tokens": 5},
    ],
    ids=lambda each: f"{next(iter(each))}-{len(str(each))}",
)  # fmt: skip
def test_all_but_the_last_turn_has_to_be_the_same(
    route: ModelRoute, program: Program, fake: FakeProvider, other: dict[str, Any]
) -> None:
    ask(program, ASKED)
    assert cache_of(ask(program, AGAIN)) == "semantic"
    fake.asked.clear()
    assert cache_of(ask(program, AGAIN, **other)) == "miss"
    assert "near" not in fake.models


def test_a_new_answer_can_be_asked_for(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    ask(program, ASKED)
    assert cache_of(ask(program, AGAIN, {"cache-control": "no-cache"})) == "miss"


def test_vectors_that_fail_are_a_miss(
    alice: User, route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "error-500", provider=route.targets.get().provider, alias="vectors")
    ask(program, ASKED)
    reply = ask(program, AGAIN)
    assert (reply.status, cache_of(reply)) == (200, "miss")
    assert [each.status for each in rows()] == ["ok", "ok", "error"]


def test_vectors_are_taken_as_numbers_or_as_bytes(
    alice: User, route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "floats", provider=route.targets.get().provider, alias="vectors")
    assert [cache_of(ask(program, each)) for each in (ASKED, AGAIN)] == ["miss", "semantic"]


@pytest.mark.parametrize(
    "told",
    ["[]", "no", '{"data": 1}', '{"data": [1]}', '{"data": [{"embedding": []}]}',
     '{"data": [{"embedding": [0, 0]}]}', '{"data": [{"embedding": ["a"]}]}',
     '{"data": [{"embedding": "?"}]}', '{"data": [{"embedding": [1e400]}]}',
     '{"data": [{"embedding": [1], "index": null}]}', '{"data": [{"embedding": [1' + "0" * 400 + "]}]}",
     '{"data": [{"embedding": [1]}, {"embedding": [1]}]}'],
)  # fmt: skip
def test_what_is_no_vector_is_an_error(told: str) -> None:
    with pytest.raises(BROKEN):
        vectors.read(told.encode(), "model", 1)


def _purge(route: ModelRoute, actor: User) -> None:
    services.purge_cache(route, actor=actor)


def _switch(route: ModelRoute, actor: User) -> None:
    services.set_cache(route, actor=actor, ttl_s=None)
    services.set_cache(route, actor=actor, ttl_s=60, embedder="vectors", accepted_error=0.05)


def _rotate(route: ModelRoute, actor: User) -> None:
    rotate_data_key()
    news.forget()


@pytest.mark.parametrize("how", [_purge, _switch, _rotate])
def test_all_is_forgotten(
    alice: User, route: ModelRoute, program: Program, fake: FakeProvider,
    how: Callable[[ModelRoute, User], None],
) -> None:  # fmt: skip
    ask(program, ASKED)
    how(route, alice)
    teach(route)
    assert cache_of(ask(program, AGAIN)) == "miss"


def test_a_wrong_answer_is_forgotten_and_what_it_taught_is_not(
    alice: User, route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    ask(program, ASKED)
    assert cache_of(ask(program, AGAIN)) == "semantic"
    services.evict_answer(rows()[1], actor=alice)
    news.forget()  # in every process
    fake.scripted[AGAIN[:-1]] = ANSWER
    assert [cache_of(ask(program, each)) for each in (ASKED, AGAIN[:-1])] == ["miss", "miss"]
    assert cache_of(ask(program, AGAIN)) == "miss"
    assert not LlmCall.objects.filter(cache="semantic", similarity=None).exists()


def test_another_process_learns_too(
    route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    ask(program, ASKED)
    news.forget()  # all that this process remembers: it reads on at each look-up
    told = []
    for place in range(30):
        text = AGAIN + "!" * place
        fake.scripted[text] = ANSWER
        next(iter(shelves._shelves.values()), SlowShelf()).looked_at = 0.0
        told.append(cache_of(ask(program, text)))
    assert told[-1] == "semantic"


class SlowShelf:
    """Stands for the shelf that there is not yet."""

    looked_at = 0.0


def test_without_redis_a_process_knows_its_own(
    route: ModelRoute, program: Program, fake: FakeProvider, settings: Any
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert [cache_of(ask(program, each)) for each in (ASKED, AGAIN)] == ["miss", "semantic"]


def test_no_other_workspace_is_given_an_answer(
    route: ModelRoute, program: Program, fake: FakeProvider, beta: Tenant
) -> None:
    ask(program, ASKED)
    with tenant_context(beta):
        actor = add_member(email="b@beta.example", name="B", role="owner")
        other = similar_route(fake, actor, accepted_error=0.05)
        teach(other)
        stranger = Program(key_of(actor), host="beta.localhost")
    assert cache_of(ask(stranger, AGAIN)) == "miss"
    with Redis.from_url(settings.REDIS_URL) as client:
        keys = sorted(client.scan_iter("gateway:similar:*:entries"))
        assert len(keys) == 2
        told = [client.xrange(key) for key in keys]
        assert b"password" not in repr(told).encode()
        # Even one who could write into Redis cannot show one workspace the questions of another.
        for key, entries in zip(reversed(keys), told, strict=True):
            for _, fields in entries:
                client.xadd(key, fields)
    news.forget()
    ask(stranger, ASKED)
    books = {key[0]: len(shelf.book) for key, shelf in shelves._shelves.items()}
    assert books == {beta.schema_name: 1}


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(book, "MOST_OF_SCOPE", 10)
    monkeypatch.setattr(book, "MOST_OF_ROUTE", 25)
    held = Book()
    for scope in "abc":
        for place in range(20):
            held.put(Entry(scope, f"{scope}{place}", f"What is {place}?"))
    assert len(held) == 25
    subject = Entry("c", "", "What is 19?").subject
    assert [each.name for each in held.alike("c", subject)] == ["c19"]
    assert held.alike("a", Entry("a", "", "What is 3?").subject) == []
    packed = Entry("a", "b", "What?", Vector("m", b"\n12"))
    assert Entry.unpacked(packed.packed()) == packed


def test_vectors_of_two_models_are_not_compared() -> None:
    one, other = Vector("a", b"\x00\x3c"), Vector("b", b"\x00\x3c")
    assert one.similarity(other) is None
    assert one.similarity(one) == 1.0


def test_over_the_api(alice: User, route: ModelRoute) -> None:
    client, url = api_client(alice), "/api/v1/gateway/routes/default/cache/"
    told = {
        "ttl_s": 3600, "varied": False, "embedder": "vectors", "accepted_error": 0.05, "ahead": False,
    }  # fmt: skip
    assert client.get(url).json() == told
    for wrong in ({"embedder": "nowhere"}, {"accepted_error": 0.2}, {"accepted_error": 0}):
        assert client.put(url, {"ttl_s": 60, **wrong}, format="json").status_code == 422
    changed = client.put(url, {"ttl_s": 60, "accepted_error": 0.01}, format="json")
    assert (changed.json()["embedder"], changed.json()["accepted_error"]) == ("", 0.01)


def test_few_routes_of_a_workspace_may_do_this(
    alice: User, route: ModelRoute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_ROUTES", 1)
    other = lead(alice, "ok", provider=route.targets.get().provider, alias="other")
    with pytest.raises(BadRoute):
        services.set_cache(other, actor=alice, ttl_s=60, embedder="vectors")
    services.set_cache(route, actor=alice, ttl_s=60, embedder="vectors")


def test_on_the_pages(
    alice: User, oscar: User, route: ModelRoute, program: Program, fake: FakeProvider
) -> None:
    client = browser(alice)
    page = client.get("/relaycore/routes/default/").content.decode()
    assert "Compared so far: 150 answers, of which 0 said something else." in page
    url = "/relaycore/routes/default/cache/"
    sent = {"ttl_s": "3600", "embedder": "vectors", "accepted_percent": "1"}
    client.post(url, sent)
    route.refresh_from_db()
    assert (route.cache_embedder, route.cache_error) == ("vectors", 0.01)
    said = client.post(url, {**sent, "embedder": "nowhere"}, follow=True).content.decode()
    assert "Name a route, or a model as provider/model." in said
    said = client.post(url, {**sent, "accepted_percent": "20"}, follow=True).content.decode()
    assert "in percent: Ensure this value is less than or equal to 5" in said
    client.post(url, {**sent, "accepted_percent": "5"})
    assert [cache_of(ask(program, each)) for each in (ASKED, AGAIN)] == ["miss", "semantic"]
    given = rows()[1]
    listed = browser(oscar).get("/relaycore/calls/?cache=semantic").content.decode()
    assert f"semantic hit {given.similarity:.2f}" in listed
    assert (
        f"semantic hit {given.similarity:.2f}"
        in client.get(f"/relaycore/calls/{given.pk}/").content.decode()
    )
