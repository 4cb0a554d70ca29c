"""What is told of a run while it happens: sockets and streams hold placeholders, whoever listens."""

import asyncio
import json
from typing import Any

import pytest

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.common.types import JSONDict
from apps.gateway import services as gateway
from apps.gateway.cache.services import set_cache
from apps.gateway.models import KeptBody, Provider
from apps.runs.models import Run
from apps.runs.state.withholding import revealed
from apps.tenants.context import tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant
from auterity.asgi import application
from tests.classification.search import disguises, places_of
from tests.factories.callers import Caller
from tests.factories.cast import api_client
from tests.factories.runs import Start, carry, until
from tests.factories.sockets import Socket
from tests.factories.triggers import trigger
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.runs.scenes import published
from tests.runs.state.test_events import STREAM, Programme
from tests.runs.watching.test_consumers import cookie_of, subscription
from tests.runs.withholding.test_withholding import INPUTS, MAIL, NOTE, code, marked, transform
from tests.triggers.test_answers import carried
from tests.workflows.definitions import node

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = ("owner", "builder", "operator", "viewer")
ANSWER = "Hello from the fake"  # what the model says that is asked in these tests


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    made = connect(fake, alice)
    lead(alice, "words", provider=made)
    return made


@pytest.fixture
def people(alice: User, bob: User, oscar: User, vera: User) -> dict[str, User]:
    return dict(zip(ROLES, (alice, bob, oscar, vera), strict=True))


def working() -> JSONDict:
    """Give marked values to steps that say them in outputs, errors, logs and rounds."""
    each = node("each", "flow.each", config={"items": "{{ [input.email, input.note] }}"})
    inside = {**transform("inside", got="{{ item }} and {{ input.smoker }}"), "parent": "each"}
    talk = code(
        "talk", "print(inputs['who'])\nraise ValueError(inputs['who'])", who="{{ input.note }}"
    )
    return marked(
        transform("make", all="{{ input }}", said="To {{ input.email }}: {{ input.note }}"),
        each, inside, {**talk, "on_error": "continue"},
    )  # fmt: skip


def asking(**marks: str) -> JSONDict:
    """Ask a model, whose answer may be marked."""
    config = {"prompt": "Write about {{ input.plain }}", "route": "default"}
    ask = node("ask", "ai.generate", config=config)
    if marks:
        ask["data_classes"] = {name.replace("__", "."): value for name, value in marks.items()}
    return marked(ask, body="{{ nodes.ask.output.text }}")


def shows(text: str, *values: str) -> list[str]:
    """Return the disguises in which values stand in a text."""
    return [each for value in values for each in disguises(value) if each in text]


async def until_over(socket: Socket) -> list[JSONDict]:
    """Return all frames of a run up to its last event."""
    frames: list[JSONDict] = []
    while not frames or frames[-1].get("event", {}).get("type") not in (
        "run.succeeded",
        "run.failed",
    ):
        frames.append(await socket.receive(30))
    return frames


def told(run: Run, people: dict[str, User]) -> dict[str, list[JSONDict]]:
    """Carry a run while people watch it; return what each was told."""
    cookies = {name: cookie_of(api_client(user)) for name, user in people.items()}

    async def act() -> dict[str, list[JSONDict]]:
        found = {}
        sockets = {
            name: Socket(application, "/ws/live", "alpha.localhost", cookie)
            for name, cookie in cookies.items()
        }
        for socket in sockets.values():
            assert await socket.connect() is None
            await socket.send(subscription(run))
            assert (await socket.receive())["event"]["type"] == "run.queued"
            await socket.send({"type": "subscribe_counts"})
        await query(carry, run)
        for name, socket in sockets.items():
            found[name] = await until_over(socket)
            await socket.close()
        return found

    return asyncio.run(act())


def test_sockets_tell_every_role_placeholders(start: Start, people: dict[str, User]) -> None:
    run = start(working(), **INPUTS)
    for name, frames in told(run, people).items():
        kinds = {each["event"]["type"] for each in frames if each["type"] == "event"}
        assert {"node.succeeded", "run.succeeded"} <= kinds, name
        text = json.dumps(frames, ensure_ascii=False)
        assert shows(text, MAIL, NOTE) == [], name
        assert "[personal:" in text, name
    run.refresh_from_db()
    assert revealed(run, run.outputs) == f"Hello {MAIL}"


def test_who_comes_late_reads_placeholders(start: Start, people: dict[str, User]) -> None:
    run = carry(start(working(), **INPUTS))

    async def read(cookie: str) -> str:
        socket = Socket(application, "/ws/live", "alpha.localhost", cookie)
        assert await socket.connect() is None
        await socket.send(subscription(run))
        frames = await until_over(socket)
        await socket.close()
        return json.dumps(frames, ensure_ascii=False)

    for name, user in people.items():
        assert shows(asyncio.run(read(cookie_of(api_client(user)))), MAIL, NOTE) == [], name


@pytest.mark.parametrize("role", ROLES)
def test_event_streams_tell_every_role_placeholders(role: str, start: Start, alice: User) -> None:
    run = start(working(), **INPUTS)
    _, key = create_api_key(user=alice, name=role, role=role, actor=alice)
    headers = STREAM | {"Authorization": f"Bearer {key}"}

    async def read() -> str:
        answer: Any = await Programme().get(f"/api/v1/runs/{run.pk}/events/", headers=headers)
        lines = aiter(answer.streaming_content)
        heard = [await anext(lines)]  # whoever reads the first one hears what follows
        await query(carry, run)
        heard += [each async for each in lines]
        return b"".join(heard).decode()

    text = asyncio.run(read())
    assert "event: run.succeeded" in text
    assert "[personal:" in text
    assert shows(text, MAIL, NOTE) == []


def words_of(frames: list[JSONDict]) -> str:
    return "".join(each["text"] for each in frames if each["type"] == "token")


def test_words_come_while_nothing_is_marked(
    start: Start, provider: Provider, people: dict[str, User]
) -> None:
    """Else the next tests would find nothing where there is nothing."""
    for frames in told(start(asking(), plain="x"), people).values():
        assert words_of(frames) == ANSWER


def test_no_words_come_of_a_run_that_withholds(
    start: Start, provider: Provider, people: dict[str, User]
) -> None:
    for frames in told(start(asking(), **INPUTS), people).values():
        assert words_of(frames) == ""


def test_no_words_come_of_an_answer_that_is_marked(
    start: Start, provider: Provider, people: dict[str, User]
) -> None:
    """Nothing was withheld when the model began: that its answer is marked decides."""
    run = start(asking(output__text="personal"), plain="x")
    for frames in told(run, people).values():
        assert words_of(frames) == ""
        assert shows(json.dumps(frames), ANSWER) == []
    run.refresh_from_db()
    assert (run.status, revealed(run, run.outputs)) == ("succeeded", ANSWER)
    assert places_of(ANSWER) == []


def test_no_body_and_no_answer_is_kept_of_what_is_marked(
    start: Start, provider: Provider, alice: User, fake: FakeProvider
) -> None:
    route = lead(alice, "words", provider=provider)
    gateway.save_route(route, actor=alice, policy={"guards": {"keeping": {"hours": 2}}})
    set_cache(route, actor=alice, ttl_s=600, varied=True)
    carry(start(asking(), plain="x"))
    assert KeptBody.objects.count() == 1
    asked = len(fake.asked)
    for _ in range(2):
        run = carry(start(asking(output__text="personal"), plain="y"))
        assert run.status == "succeeded", run.error
    assert len(fake.asked) == asked + 2
    assert KeptBody.objects.count() == 1


def test_the_room_of_a_draft_hears_nothing_of_its_runs(start: Start, bob: User) -> None:
    run = start(working(), **INPUTS)
    cookie = cookie_of(api_client(bob))

    async def act() -> bytes:
        path = f"/ws/wf/{run.workflow_id}"
        editor = Socket(application, path, "alpha.localhost", cookie)
        assert await editor.connect() is None
        await query(carry, run)
        await editor.send_bytes(b"\x00\x00\x01\x00")  # what do I lack, who have nothing?
        heard = [await editor.receive_bytes()]
        while heard[-1][:2] != b"\x00\x01":
            heard.append(await editor.receive_bytes())
        await editor.close()
        return b"".join(heard)

    heard = asyncio.run(act())
    assert b"inside" in heard  # the draft is there
    assert shows(heard.decode("utf-8", "replace"), MAIL, "x7-marker") == []


def test_a_webhooks_stream_tells_values_in_its_answer_alone(bob: User, alpha: Tenant) -> None:
    """Whoever called is told what the workflow says, and nothing besides."""
    workflow = published(
        bob, marked(transform("make", a="{{ input.note }}"), body="{{ input.email }}")
    )
    trigger(bob, "webhook", {"answer": "stream", "input": "body"}, path="x", workflow=workflow)

    async def play() -> str:
        body = {"email": MAIL, "note": NOTE, "plain": "x"}
        call = asyncio.create_task(Caller().call("/hooks/x", body))
        with tenant_context(alpha):
            await query(until, Run.objects.exists)
            await carried(await query(Run.objects.get))
        return (await call).body.decode()

    text = asyncio.run(play())
    blocks = [block for block in text.split("\n\n") if block.startswith(("event:", "id:"))]
    events = [block for block in blocks if "event: answer" not in block]
    assert events
    assert shows("".join(events), MAIL, NOTE) == []
    assert MAIL in blocks[-1]
