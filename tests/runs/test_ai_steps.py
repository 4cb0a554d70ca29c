"""Steps that ask a model: through the gateway, under the step's key, words told while they come."""

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer

from apps.dispatch import loop
from apps.gateway.models import LlmCall
from apps.runs.effects import key_of
from apps.runs.models import Run
from tests.factories.runs import Start, carry
from tests.runs.test_semantics import graph
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(start: Start) -> Run:
    prompt = {"prompt": "Say hello to {{ input.who }}, in one sentence."}
    return start(graph(node("ai", "ai.generate", config=prompt), edge("start", "ai")), who="Ada")


def test_the_answer_and_its_cost_are_those_of_the_ledger(run: Run) -> None:
    carry(run)
    assert run.status == "succeeded", run.error
    call = LlmCall.objects.get()
    assert (run.outputs or {})["text"]
    assert (call.node_id, call.idempotency_key) == ("ai", key_of(run, "ai"))
    assert run.tokens == call.input_tokens + call.output_tokens
    assert run.cost_usd == (call.cost_usd or 0)


def test_watchers_hear_events_in_order_and_the_words(run: Run) -> None:
    layer: Any = get_channel_layer()

    async def listen() -> tuple[list[Any], str]:
        channel = await layer.new_channel()
        await layer.group_add(run_group, channel)
        ready.set_result(None)
        heard: list[Any] = []
        words = ""
        while not heard or heard[-1]["type"] != "run.succeeded":
            frame = (await asyncio.wait_for(layer.receive(channel), 20))["payload"]
            if frame["type"] == "token":
                words += frame["text"]
            else:
                heard.append(frame["event"])
        return heard, words

    run_group = run.channel

    async def start_listening() -> None:
        nonlocal ready, listening
        ready = asyncio.get_running_loop().create_future()
        listening = asyncio.get_running_loop().create_task(listen())
        await ready

    ready: Any = None
    listening: Any = None
    loop.submit(start_listening()).result(20)
    carry(run)

    async def finished() -> Any:
        return await listening

    heard, words = loop.submit(finished()).result(20)
    seqs = [each["seq"] for each in heard]
    assert seqs == list(range(seqs[0], run.seq + 1))
    assert words.strip() == (run.outputs or {})["text"].strip()
