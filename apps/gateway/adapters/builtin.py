"""The provider that every workspace starts with: rules and templates, no AI model, no cost.

It answers the same request with the same words, always says that no model wrote them, and
refuses what rules cannot do.
"""

import asyncio
import json
import re

from apps.gateway.calls import CompletionRequest, Listener, Reply, Upstream, estimated_tokens
from apps.gateway.rules.classify import choose
from apps.gateway.rules.compose import compose
from apps.gateway.rules.extract import extract
from apps.gateway.rules.shapes import fill
from apps.gateway.rules.words import Prompt, take_apart

MODEL = "built-in rules (no AI model)"
WITH_SPACE = re.compile(r"\s*\S+\s*")
WORDS_A_TURN = 20


async def call(request: CompletionRequest, upstream: Upstream, listener: Listener) -> Reply:
    """Answer by rules and pass the words on one by one. Raises NotBuiltIn."""
    text = await asyncio.to_thread(answer, request)
    for place, word in enumerate(WITH_SPACE.findall(text)):
        listener.hear(word)
        if place % WORDS_A_TURN == 0:
            await asyncio.sleep(0)  # others on this loop go on meanwhile
    asked = sum(estimated_tokens(str(each.get("content", ""))) for each in request.messages)
    return Reply(text, MODEL, asked, estimated_tokens(text), estimated=True)


def answer(request: CompletionRequest) -> str:
    """Return the answer; JSON where a schema asks for it. Raises NotBuiltIn."""
    hints = request.hints
    if request.task == "classify" and hints.get("classes"):
        choice = choose(str(hints.get("text", "")), hints["classes"])
        return json.dumps({"class": choice.id, "reason": choice.reason}, ensure_ascii=False)
    if request.task == "extract" and hints.get("fields"):
        found = extract(str(hints.get("text", "")), hints["fields"])
        return json.dumps(found, ensure_ascii=False)
    prompt = take_apart(request.messages)
    if request.json_schema is not None:
        return json.dumps(fill(request.json_schema, _whole(prompt)), ensure_ascii=False)
    return compose(prompt)


def _whole(prompt: Prompt) -> Prompt:
    """Let the instruction count as text where there is no other."""
    return prompt if prompt.text else Prompt(prompt.instruction, prompt.instruction, prompt.data)
