"""What a model wrote, read from its answer: for those inside the product who want words, not bytes."""

import re
from dataclasses import dataclass, field
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.calls import OnText, Upstream
from apps.gateway.exceptions import NotAnAnswer, ProviderRejected
from apps.gateway.routes.policy import Mending
from apps.gateway.upstreams import failures
from apps.gateway.upstreams.answers import Answer
from apps.gateway.upstreams.events import BadEvent, data_of, parsed

FENCE = re.compile(r"^```(?:json)?\s*(.*?)\s*```$", re.DOTALL)


@dataclass
class _Heard:
    """What has come in so far."""

    parts: list[str] = field(default_factory=list)
    refusal: str = ""
    finish: str = ""

    @property
    def text(self) -> str:
        return "".join(self.parts)


def unfenced(text: str) -> str:
    """Return words without the fence that models like to put around JSON."""
    text = text.strip()
    fenced = FENCE.match(text)
    return fenced[1] if fenced else text


async def text_of(answer: Answer, on_text: OnText | None = None) -> str:
    """Return the words of a streamed answer; `on_text` hears them as they come.

    Raises GatewayError, also for an answer without words.
    """
    heard = _Heard()
    async for part in answer.parts():
        for event in part.split(b"\n\n"):
            data = data_of(event)
            if data and data != b"[DONE]":
                words = _take(_parsed(data, answer.upstream), heard)
                if words and on_text is not None:
                    on_text(words)
    _check(heard, answer)
    return heard.text


def _parsed(data: bytes, upstream: Upstream) -> JSONDict:
    try:
        return parsed(data)
    except BadEvent as error:
        said = failures.quoted(str(error), upstream)
        raise NotAnAnswer(f"{upstream.provider} sent something that is not JSON{said}") from None


def _take(event: JSONDict, heard: _Heard) -> str:
    if "auterity" in event and _is_anew(event["auterity"]):
        heard.parts.clear()
    choices = event.get("choices")
    choice: Any = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict):
        return ""
    if isinstance(choice.get("finish_reason"), str):
        heard.finish = choice["finish_reason"]
    return _take_words(choice.get("delta"), heard)


def _is_anew(remark: JSON) -> bool:
    """Whether another target answers from the beginning."""
    failover = remark.get("failover") if isinstance(remark, dict) else None
    return isinstance(failover, dict) and failover.get("mode") == Mending.RESTART


def _take_words(message: JSON, heard: _Heard) -> str:
    if not isinstance(message, dict):
        return ""
    if isinstance(message.get("refusal"), str):
        heard.refusal += message["refusal"]
    text = message.get("content")
    if not isinstance(text, str):
        return ""
    heard.parts.append(text)
    return text


def _check(heard: _Heard, answer: Answer) -> None:
    """Raise why there are no words."""
    if heard.text:
        return
    model = answer.upstream.model
    if heard.refusal:
        said = failures.quoted(heard.refusal, answer.upstream)
        raise ProviderRejected(f"The model {model} refused{said}")
    if heard.finish == "length":
        raise ProviderRejected(
            f"The model {model} used up its tokens before the first word. Allow it more."
        )
    if heard.finish == "tool_calls":
        raise NotAnAnswer(f"The model {model} asked for a tool, but none was offered.")
