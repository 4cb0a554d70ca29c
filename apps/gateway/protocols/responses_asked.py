"""A call of OpenAI's Responses as a chat. What a chat cannot say is refused, not left out."""

from dataclasses import replace
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.exceptions import NotOffered
from apps.gateway.models import Endpoint

# What is said in a chat under another name, or is about answers that are kept, which none is.
TAKEN = frozenset(
    {
        "input", "instructions", "tools", "tool_choice", "text", "reasoning", "max_output_tokens",
        "stream", "stream_options", "store", "metadata", "include", "truncation", "background",
        "previous_response_id", "conversation", "prompt", "max_tool_calls", "top_logprobs",
    }
)  # fmt: skip
# What none but an upstream of the protocol itself can do.
NATIVE = ("prompt", "max_tool_calls", "top_logprobs")
WITHIN = frozenset({"reasoning.encrypted_content"})  # may be wished for, and there is none
ROLES = {"developer": "system"}  # which not every server knows


def as_chat(ask: Ask) -> Ask:
    """Return the chat that asks the same. Raises NotOffered."""
    body = ask.body
    _check(body)
    chat: JSONDict = {name: value for name, value in body.items() if name not in TAKEN}
    chat["messages"] = [*_instructions(body), *_messages(body["input"])]
    chat |= {**_settings(body), **_tools(body)}
    return replace(ask, endpoint=Endpoint.CHAT, body=chat, wants_usage=True)


def _check(body: JSONDict) -> None:
    wished = [name for name in NATIVE if body.get(name)]
    include = body.get("include")
    wished += [
        each for each in (include if isinstance(include, list) else ()) if each not in WITHIN
    ]
    if wished:
        raise _not_offered(f"`{wished[0]}`")


def _instructions(body: JSONDict) -> list[JSONDict]:
    given = body.get("instructions")
    return [{"role": "system", "content": given}] if isinstance(given, str) and given else []


def _messages(given: JSON) -> list[JSONDict]:
    if isinstance(given, str):
        return [{"role": "user", "content": given}]
    messages: list[JSONDict] = []
    for item in given if isinstance(given, list) else ():
        _add(messages, item)
    return messages


def _add(messages: list[JSONDict], item: Any) -> None:
    kind = item.get("type", "message") if isinstance(item, dict) else ""
    if kind == "message":
        role = str(item.get("role", "user"))
        content = _content(item.get("content"))
        messages.append({"role": ROLES.get(role, role), "content": content})
    elif kind == "function_call":
        function = {"name": item.get("name"), "arguments": item.get("arguments") or "{}"}
        _caller(messages).append(
            {"id": item.get("call_id"), "type": "function", "function": function}
        )
    elif kind == "function_call_output":
        output = _content(item.get("output"))
        messages.append({"role": "tool", "tool_call_id": item.get("call_id"), "content": output})
    elif kind != "reasoning":  # its words are for people; the model does not need them again
        raise _not_offered(f"`{kind}` in `input`")


def _caller(messages: list[JSONDict]) -> list[JSONDict]:
    """Return the calls of the assistant that spoke last: a chat has all of a turn together."""
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": None})
    calls: list[JSONDict] = messages[-1].setdefault("tool_calls", [])
    return calls


def _content(given: JSON) -> JSON:
    if not isinstance(given, list):
        return given
    parts = [_part(each) for each in given]
    texts = [each["text"] for each in parts if each["type"] == "text"]
    return texts[0] if len(parts) == len(texts) == 1 else parts


def _part(part: Any) -> JSONDict:
    kind = part.get("type") if isinstance(part, dict) else ""
    if kind in ("input_text", "output_text", "text"):
        return {"type": "text", "text": part.get("text", "")}
    if kind == "refusal":
        return {"type": "text", "text": part.get("refusal", "")}
    if kind == "input_image" and part.get("image_url"):
        image = {"url": part["image_url"], **_kept(part, "detail")}
        return {"type": "image_url", "image_url": image}
    if kind == "input_file" and part.get("file_data"):
        return {"type": "file", "file": _kept(part, "file_data", "filename")}
    if kind == "input_audio":
        return {"type": "input_audio", **_kept(part, "input_audio")}
    raise _not_offered(f"`{kind}` by reference" if kind else "Such content")


def _settings(body: JSONDict) -> JSONDict:
    text, reasoning = _object(body, "text"), _object(body, "reasoning")
    found = {
        "max_tokens": body.get("max_output_tokens"),
        "reasoning_effort": reasoning.get("effort"),
        "verbosity": text.get("verbosity"),
        "response_format": _format(text.get("format")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _format(given: Any) -> JSONDict | None:
    if not isinstance(given, dict) or given.get("type") in (None, "text"):
        return None
    if given["type"] != "json_schema":
        return {"type": given["type"]}
    named = _kept(given, "name", "description", "schema", "strict")
    return {"type": "json_schema", "json_schema": named}


def _tools(body: JSONDict) -> JSONDict:
    given = body.get("tools")
    tools = [_tool(each) for each in given] if isinstance(given, list) else []
    if not tools:
        return {}
    choice = body.get("tool_choice")
    if isinstance(choice, dict):
        if choice.get("type") != "function":
            raise _not_offered(f"`tool_choice` of the type `{choice.get('type')}`")
        choice = {"type": "function", "function": {"name": choice.get("name")}}
    return {"tools": tools} | ({} if choice is None else {"tool_choice": choice})


def _tool(tool: Any) -> JSONDict:
    kind = tool.get("type") if isinstance(tool, dict) else ""
    if kind != "function":
        raise _not_offered(f"The tool `{kind}`")
    return {
        "type": "function",
        "function": _kept(tool, "name", "description", "parameters", "strict"),
    }


def _kept(given: JSONDict, *names: str) -> JSONDict:
    return {name: given[name] for name in names if given.get(name) is not None}


def _object(body: JSONDict, name: str) -> JSONDict:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _not_offered(what: str) -> NotOffered:
    return NotOffered(f"{what} needs a provider that offers the Responses protocol itself.")
