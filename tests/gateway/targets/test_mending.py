"""Streams of Responses and Messages that go on with another target, told from its chat."""

import json
from collections.abc import Sequence
from typing import Any

import pytest

from apps.egress import client
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import AnswerCut
from apps.gateway.models import Endpoint, Provider, RouteTarget
from apps.gateway.routes.policy import Mending, Policy
from apps.gateway.targets.exchange import Trace, exchange
from apps.gateway.targets.router import Plan, Target
from tests.fakeai.chat import WORDS
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import QUESTION, run

WHOLE = "".join(WORDS)
RESPONSE = Ask("default", {"input": "Say hello"}, Endpoint.RESPONSES, streams=True)
MESSAGE = Ask("default", {"messages": QUESTION, "max_tokens": 50}, Endpoint.MESSAGES, streams=True)


def heard(
    fake: FakeProvider, ask: Ask, mending: Mending, *models: str, able: Sequence[str] = ()
) -> tuple[list[dict[str, Any]], Trace]:
    """Ask these models of the fake in order; return the events of the one stream, and its trace.

    The last of them can do what `able` says.
    """
    kind = Provider.Kind.OPENAI
    upstreams = [Upstream("fake", kind, each, fake.url, key="sk-of-a-test-0001") for each in models]
    upstreams[-1] = Upstream(
        "fake", kind, models[-1], fake.url, capabilities=tuple(able), key="sk-of-a-test-0001"
    )
    targets = tuple(
        Target(each, row=RouteTarget(order=order)) for order, each in enumerate(upstreams)
    )
    plan, trace = Plan("default", 1, targets, Policy(mending=mending)), Trace()

    async def asked() -> bytes:
        try:
            async with exchange(plan, ask, trace) as answer:
                return b"".join([part async for part in answer.parts()])
        finally:
            await client.close()

    told = run(asked()).decode().split("\n\n")
    return [json.loads(each.partition("data: ")[2]) for each in told if each], trace


def errors(trace: Trace) -> list[tuple[str, str | None]]:
    return [(each["model"], each.get("error")) for each in trace.attempts]


@pytest.mark.parametrize("model", ["cut", "broken"])
def test_a_response_is_continued_by_the_next(fake: FakeProvider, model: str) -> None:
    events, trace = heard(fake, RESPONSE, Mending.CONTINUE, model, "ok")
    assert events[-1]["type"] == "response.completed"
    [said] = events[-1]["response"]["output"]
    assert said["content"][0]["text"] == "Hello" + WHOLE
    assert [each["sequence_number"] for each in events] == list(range(len(events)))
    assert errors(trace) == [(model, "answer_cut"), ("ok", None)]
    question, words, wish = fake.asked[-1].body["messages"]
    assert (question["content"], words) == ("Say hello", {"role": "assistant", "content": "Hello"})
    assert "exactly where it stopped" in wish["content"]
    [(_, usage)] = trace.lost
    assert usage.output == 2  # of the first; those of the second are the answer's
    assert trace.answer is not None
    assert trace.answer.usage(RESPONSE).output == 200


def test_a_message_is_continued_by_the_next(fake: FakeProvider) -> None:
    events, _ = heard(fake, MESSAGE, Mending.CONTINUE, "cut", "broken", "ok")
    deltas = [each["delta"] for each in events if each["type"] == "content_block_delta"]
    assert "".join(each["text"] for each in deltas) == "HelloHello" + WHOLE
    kinds = [each["type"] for each in events]
    assert [kinds.count(each) for each in ("message_start", "content_block_start")] == [1, 1]
    assert kinds[-1] == "message_stop"
    assert fake.asked[-1].body["messages"][:-1] == [
        *QUESTION, {"role": "assistant", "content": "HelloHello"},
    ]  # fmt: skip


def test_what_cannot_be_joined_ends_with_its_error(fake: FakeProvider) -> None:
    with pytest.raises(AnswerCut):  # no event of theirs voids what was said
        heard(fake, RESPONSE, Mending.RESTART, "cut", "ok")
    with pytest.raises(AnswerCut):  # the next one makes the events itself
        heard(fake, RESPONSE, Mending.CONTINUE, "cut", "ok", able=["responses"])
    shape = {"format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}}}
    formed = Ask("default", {**RESPONSE.body, "text": shape}, Endpoint.RESPONSES, streams=True)
    with pytest.raises(AnswerCut):
        heard(fake, formed, Mending.CONTINUE, "cut", "ok")
    assert fake.models == ["cut"] * 3
