"""What a call says, as the inputs of a run.

The words of the last turn go into the field `prompt`, else into the first one for text; a field
`messages` for JSON gets the whole conversation. What else a form asks for comes in `inputs`, beside
the messages. A start without fields is given `prompt` and `messages`.
"""

from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.exceptions import NotOffered, ProviderRejected, Told
from apps.gateway.models import Endpoint
from apps.nodes.types.core_start import FieldType, FormField, StartConfig

PROMPT, MESSAGES, INPUTS = "prompt", "messages", "inputs"
TEXTS = (FieldType.TEXT, FieldType.PARAGRAPH)
# What a workflow cannot do for its caller, and what is the same as not asking for it.
UNKNOWN: dict[str, tuple[JSON, ...]] = {
    "tools": (None, []), "functions": (None, []), "n": (None, 1), "logprobs": (None, False),
    "response_format": (None, {"type": "text"}),
}  # fmt: skip


def takes_words(form: StartConfig) -> bool:
    """Tell whether a start can be given what a caller says."""
    return not form.fields or _field_of_words(form) is not None or _takes_messages(form)


def check(ask: Ask) -> None:
    """Raise NotOffered for what no workflow can do."""
    if ask.endpoint != Endpoint.CHAT:
        raise NotOffered("A workflow answers chats, responses and messages only.")
    for name, nothing in UNKNOWN.items():
        if ask.body.get(name) not in nothing:
            raise NotOffered(f"A workflow knows no `{name}`: its steps decide what it answers.")
    if ask.caps.max_cost_usd is not None:
        raise NotOffered("A workflow knows no `max_cost_usd`. Set it a budget instead.")


def inputs_of(ask: Ask, form: StartConfig) -> JSONDict:
    """Return what the start is given. Raises ProviderRejected, NotOffered."""
    more = ask.body.get(INPUTS) or {}
    if not isinstance(more, dict):
        raise refused("`inputs` is an object with a value for each field.", INPUTS)
    words = _last_words(ask.messages)
    if not form.fields:
        return {PROMPT: words, MESSAGES: ask.messages, **more}
    given: JSONDict = {}
    if (field := _field_of_words(form)) is not None:
        given[field.name] = words
    if _takes_messages(form):
        given[MESSAGES] = ask.messages
    return {**given, **more}


def refused(message: str, param: str) -> ProviderRejected:
    """Return the error of a call that a workflow cannot take."""
    told = Told(400, "invalid_request_error", param, "invalid_value")
    return ProviderRejected(message, told=told)


def _field_of_words(form: StartConfig) -> FormField | None:
    texts = [each for each in form.fields if each.type in TEXTS]
    named = (each for each in texts if each.name == PROMPT)
    return next(named, texts[0] if texts else None)


def _takes_messages(form: StartConfig) -> bool:
    return any(each.name == MESSAGES and each.type == FieldType.JSON for each in form.fields)


def _last_words(messages: list[JSONDict]) -> str:
    said = (each.get("content") for each in reversed(messages) if each.get("role") == "user")
    content = next(said, None)
    if content is None:
        raise refused("Send a message of the user.", MESSAGES)
    return "\n".join(_text(each) for each in (content if isinstance(content, list) else [content]))


def _text(part: Any) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, dict) and isinstance(part.get("text"), str):
        return str(part["text"])
    raise NotOffered("A workflow is asked in words: it takes no images, sounds or files.")
