"""Steps that ask a model: through the gateway, under the step's key, words told while they come."""

import asyncio
from typing import Any

import pytest
from channels.layers import get_channel_layer

from apps.dispatch import loop
from apps.gateway.models import LlmCall
from apps.runs.interpreter.effects import key_of
from apps.runs.models import Run
from tests.factories.runs import Start, carry
from tests.runs.interpreter.test_semantics import graph
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


class Watcher:
    """Listens to a channel group on the loop of the process until the run is over."""

    def __init__(self, group: str) -> None:
        self.group = group
        self.events: list[Any] = []
        self.words = ""
        self.frames: set[str] = set()
        self._listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(self.group, channel)
        self._listening = asyncio.get_running_loop().create_task(self._listen(layer, channel))

    async def _listen(self, layer: Any, channel: str) -> None:
        while not self.events or self.events[-1]["type"] != "run.succeeded":
            frame = (await layer.receive(channel))["payload"]
            if frame["type"] == "token":
                self.words += frame["text"]
                self.frames.add(frame.get("frame", ""))
            else:
                self.events += frame["events"]

    async def finish(self) -> None:
        assert self._listening is not None
        await asyncio.wait_for(self._listening, 20)


def test_watchers_hear_events_in_order_and_the_words(run: Run) -> None:
    watcher = Watcher(run.channel)
    loop.submit(watcher.start()).result(20)
    carry(run)
    loop.submit(watcher.finish()).result(20)
    numbers = [each["seq"] for each in watcher.events]
    assert numbers == list(range(numbers[0], run.seq + 1))
    assert watcher.words.strip() == (run.outputs or {})["text"].strip()
    assert watcher.frames == {""}


def test_words_inside_a_loop_name_their_round(start: Start) -> None:
    ask = node("ai", "ai.generate", config={"prompt": "Greet {{ item }}."}, parent="each")
    loop_ = node("each", "flow.each", config={"items": "{{ input.names }}"})
    run = start(graph(loop_, ask, edge("start", "each")), names=["Ada", "Bob"])
    watcher = Watcher(run.channel)
    loop.submit(watcher.start()).result(20)
    carry(run)
    loop.submit(watcher.finish()).result(20)
    assert watcher.frames == {"each.0", "each.1"}
