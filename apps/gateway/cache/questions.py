"""Which questions and answers are cached, and by what name."""

import json
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.models import Endpoint
from apps.gateway.targets.router import CachePolicy, Plan
from apps.gateway.upstreams.answers import Answer
from apps.gateway.upstreams.events import data_of

# What decides how an answer is sent, not what it says.
ABOUT_SENDING = frozenset({"stream", "stream_options"})
# Who asks, for the provider's own books: everybody here may be given the answer.
ABOUT_ASKER = frozenset({"user", "safety_identifier", "metadata"})


def name_of(plan: Plan, ask: Ask) -> str:
    """Return the name under which the answer is kept; empty for a question that is always asked.

    It stands for the route as it is now and all that is sent: one workspace's name never fits
    another's, because it is made with its key.
    """
    if plan.cache is None or not _is_cacheable(ask, plan, plan.cache):
        return ""
    sent = {key: value for key, value in ask.body.items() if key not in ABOUT_SENDING | ABOUT_ASKER}
    about: JSON = [
        plan.route, plan.version or 0, plan.cache.epoch, str(ask.endpoint), ask.streams,
        ask.wants_usage, ask.task, ask.hints, {**sent, "model": ""},
    ]  # fmt: skip
    text = json.dumps(about, sort_keys=True, separators=(",", ":"))
    return plan.cache.sealer.name(text.encode())


def is_cacheable(ask: Ask, answer: Answer) -> bool:
    """Tell whether an answer that is over may be given again: whole, and words alone."""
    whole = answer.whole
    if not whole or ask.endpoint == Endpoint.EMBEDDINGS:
        return bool(whole)
    told = _events(whole) if answer.streams else [_parsed(whole)]
    choices = [each for event in told for each in event.get("choices") or () if each]
    ends = [each["finish_reason"] for each in choices if each.get("finish_reason")]
    return bool(ends) and set(ends) == {"stop"} and not any(_calls(each) for each in choices)


def _is_cacheable(ask: Ask, plan: Plan, policy: CachePolicy) -> bool:
    if ask.endpoint == Endpoint.EMBEDDINGS:
        return True
    if ask.endpoint != Endpoint.CHAT or any(_is_of_tools(each) for each in ask.messages):
        return False
    return policy.varied or all(
        {**ask.body, **target.upstream.params}.get("temperature") == 0 for target in plan.targets
    )


def _is_of_tools(message: JSONDict) -> bool:
    return message.get("role") in ("tool", "function") or bool(message.get("tool_calls"))


def _calls(choice: JSONDict) -> bool:
    message = choice.get("message") or choice.get("delta") or {}
    return bool(message.get("tool_calls") or message.get("function_call"))


def _events(whole: bytes) -> list[JSONDict]:
    told = (data_of(event) for event in whole.split(b"\n\n"))
    return [_parsed(data) for data in told if data and data != b"[DONE]"]


def _parsed(data: bytes) -> JSONDict:
    """Return what was passed on; whoever sent something that is no JSON said nothing to keep."""
    try:
        told: Any = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
