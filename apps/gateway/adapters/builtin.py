"""The provider that every workspace starts with: rules and templates, no AI model, no cost.

It answers the same request with the same words, always says that no model wrote them, and
refuses what rules cannot do.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from apps.gateway.adapters import shapes
from apps.gateway.asks import Ask, estimated_tokens
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import NotBuiltIn, NotOffered
from apps.gateway.models import Endpoint
from apps.gateway.rules.classify import choose
from apps.gateway.rules.compose import compose
from apps.gateway.rules.extract import extract
from apps.gateway.rules.shapes import fill
from apps.gateway.rules.words import Prompt, take_apart
from apps.gateway.upstreams.answers import Answer, StreamedAnswer
from apps.gateway.usage import Usage

MODEL = "built-in rules (no AI model)"
WITH_SPACE = re.compile(r"\s*\S+\s*")
FREE_CHOICE = (None, "auto", "none")


@asynccontextmanager
async def opened(ask: Ask, upstream: Upstream) -> AsyncIterator[Answer]:
    """Answer by rules, in a stream word by word. Raises NotBuiltIn, NotOffered."""
    if ask.endpoint != Endpoint.CHAT:
        raise NotOffered("The built-in provider answers chats only: the rest needs a model.")
    if ask.body.get("tool_choice") not in FREE_CHOICE:
        raise NotBuiltIn("The built-in rules call no tools.")
    text = await asyncio.to_thread(answer, ask)
    usage = Usage(ask.input_tokens(), estimated_tokens(text), estimated=True)
    if not ask.streams:
        told = shapes.completion(MODEL, text, usage)
        yield Answer(upstream, json.dumps(told).encode(), told)
        return
    events = shapes.stream_of(MODEL, WITH_SPACE.findall(text), usage)

    async def read() -> bytes:
        await asyncio.sleep(0)  # others on this loop go on meanwhile
        return next(events, b"")

    yield StreamedAnswer(upstream, read, shows_usage=ask.wants_usage)


def answer(ask: Ask) -> str:
    """Return the answer; JSON where a schema asks for it. Raises NotBuiltIn."""
    hints = ask.hints
    if ask.task == "classify" and hints.get("classes"):
        choice = choose(str(hints.get("text", "")), hints["classes"])
        return json.dumps({"class": choice.id, "reason": choice.reason}, ensure_ascii=False)
    if ask.task == "extract" and hints.get("fields"):
        found = extract(str(hints.get("text", "")), hints["fields"])
        return json.dumps(found, ensure_ascii=False)
    prompt = take_apart(ask.messages)
    if ask.schema is not None:
        return json.dumps(fill(ask.schema, _whole(prompt)), ensure_ascii=False)
    return compose(prompt)


def _whole(prompt: Prompt) -> Prompt:
    """Let the instruction count as text where there is no other."""
    return prompt if prompt.text else Prompt(prompt.instruction, prompt.instruction, prompt.data)
