"""Which questions may be answered with what was kept for another, and what has to be equal besides."""

from dataclasses import dataclass, replace

from apps.common.types import JSON
from apps.gateway.asks import Ask, estimated_tokens
from apps.gateway.cache.questions import name_of
from apps.gateway.models import Endpoint
from apps.gateway.targets.router import Plan

MOST_TOKENS = 400
# An answer in a form, or one that is a call, has to be the one to this very question.
FORMS = ("response_format", "tools", "functions", "modalities", "audio", "n", "logprobs")
PLAIN: tuple[JSON, ...] = (
    None,
    False,
    1,
    [],
    {"type": "text"},
)  # values of those that ask for nothing of the kind


@dataclass(frozen=True)
class Question:
    """What is asked last, and the scope in which it may be compared: all else that is sent."""

    text: str
    scope: str


def question_of(plan: Plan, ask: Ask) -> Question | None:
    """Return what may be compared; None for a call that never is.

    The scope is the name of the same call without its last turn, so that only that one is compared, and
    is made with the workspace's key.
    """
    if ask.endpoint != Endpoint.CHAT or any(ask.body.get(each) not in PLAIN for each in FORMS):
        return None
    last = ask.messages[-1] if ask.messages else {}
    text = _words(last.get("content")) if last.get("role") == "user" else ""
    if not text.strip() or estimated_tokens(text) > MOST_TOKENS:
        return None
    messages: JSON = [*ask.messages[:-1], {**last, "content": ""}]
    scope = name_of(plan, replace(ask, body={**ask.body, "messages": messages}))
    return Question(text, scope) if scope else None


def _words(content: JSON) -> str:
    """Return a turn's words; empty where it holds anything else."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [each.get("text") for each in parts if isinstance(each, dict)]
    plain = len(texts) == len(parts) and all(
        isinstance(each, dict) and set(each) == {"type", "text"} and each["type"] == "text"
        for each in parts
    )
    return "\n".join(each for each in texts if isinstance(each, str)) if plain else ""
