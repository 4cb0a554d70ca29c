"""A call of Anthropic's Messages as a chat. What a chat cannot say is refused, not left out."""

import json
from dataclasses import replace
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.exceptions import NotOffered
from apps.gateway.models import Endpoint

# What is said in a chat under another name, or only tells Anthropic how to serve.
TAKEN = frozenset(
    {
        "system", "messages", "tools", "tool_choice", "stop_sequences", "metadata", "thinking",
        "output_config", "output_format", "stream", "service_tier", "inference_geo",
        "context_management",
    }
)  # fmt: skip
# What none but Anthropic itself can do.
NATIVE = ("mcp_servers", "container")
CHOICES = {"auto": "auto", "any": "required", "none": "none"}
# Most tokens to think with, as words that servers of chats know.
EFFORTS = ((4_096, "low"), (16_384, "medium"))


def as_chat(ask: Ask) -> Ask:
    """Return the chat that asks the same. Raises NotOffered."""
    body = ask.body
    for name in NATIVE:
        if body.get(name):
            raise _not_offered(f"`{name}`")
    chat: JSONDict = {name: value for name, value in body.items() if name not in TAKEN}
    chat["messages"] = [*_system(body.get("system")), *_messages(body["messages"])]
    chat |= {**_settings(body), **_tools(body)}
    return replace(ask, endpoint=Endpoint.CHAT, body=chat, wants_usage=True)


def _system(given: JSON) -> list[JSONDict]:
    text = _text(given, "\n\n")
    return [{"role": "system", "content": text}] if text else []


def _messages(given: list[Any]) -> list[JSONDict]:
    messages: list[JSONDict] = []
    for message in given:
        role, content = message["role"], message.get("content")
        blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
        turn = _assistant if role == "assistant" else _user
        messages += turn(blocks)
    return messages


def _assistant(blocks: list[Any]) -> list[JSONDict]:
    texts, calls = [], []
    for block in blocks:
        kind = _kind(block)
        if kind == "text":
            texts.append(str(block.get("text") or ""))
        elif kind == "tool_use":
            function = {
                "name": block.get("name"),
                "arguments": json.dumps(block.get("input") or {}),
            }
            calls.append({"id": block.get("id"), "type": "function", "function": function})
        elif kind not in ("thinking", "redacted_thinking"):  # signed for its own model alone
            raise _not_offered(f"`{kind}`")
    message: JSONDict = {"role": "assistant", "content": "".join(texts) or None}
    return [message | ({"tool_calls": calls} if calls else {})]


def _user(blocks: list[Any]) -> list[JSONDict]:
    """Return the results of tools first, as a chat has them, and then what else was said."""
    results: list[JSONDict] = []
    parts: list[JSONDict] = []
    for block in blocks:
        if _kind(block) == "tool_result":
            text, shown = _result(block)
            results.append(
                {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": text}
            )
            parts += shown
        else:
            parts.append(_part(block))
    if not parts:
        return results
    alone = len(parts) == 1 and parts[0]["type"] == "text"
    return [*results, {"role": "user", "content": parts[0]["text"] if alone else parts}]


def _result(block: JSONDict) -> tuple[str, list[JSONDict]]:
    """Return the words of a tool's result, and what of it a chat's tool cannot show."""
    content = block.get("content")
    shown = [
        _part(each) for each in (content if isinstance(content, list) else ())
        if _kind(each) != "text"
    ]  # fmt: skip
    text = _text(content, "\n")
    return f"Error: {text}" if block.get("is_error") else text, shown


def _part(block: Any) -> JSONDict:
    kind, source = _kind(block), _object(block, "source")
    if kind == "text":
        return {"type": "text", "text": block.get("text") or ""}
    if kind == "image" and source.get("type") in ("base64", "url"):
        return {"type": "image_url", "image_url": {"url": _address(source)}}
    if kind == "document" and source.get("type") == "text":
        return {"type": "text", "text": source.get("data") or ""}
    if kind == "document" and source.get("type") == "base64":
        name = str(block.get("title") or "document")
        return {"type": "file", "file": {"filename": name, "file_data": _address(source)}}
    raise _not_offered(f"`{kind}` of the source `{source.get('type')}`" if source else f"`{kind}`")


def _address(source: JSONDict) -> str:
    if source["type"] == "url":
        return str(source.get("url") or "")
    return f"data:{source.get('media_type')};base64,{source.get('data')}"


def _settings(body: JSONDict) -> JSONDict:
    output = _object(body, "output_config")
    found = {
        "stop": body.get("stop_sequences"),
        "user": _object(body, "metadata").get("user_id"),
        "reasoning_effort": output.get("effort") or _effort(_object(body, "thinking")),
        "response_format": _format(output.get("format") or body.get("output_format")),
    }
    return {name: value for name, value in found.items() if value is not None}


def _effort(thinking: JSONDict) -> str | None:
    if thinking.get("type") != "enabled":
        return None
    budget = thinking.get("budget_tokens")
    most = budget if isinstance(budget, int) else 0
    return next((word for limit, word in EFFORTS if most <= limit), "high")


def _format(given: Any) -> JSONDict | None:
    if not isinstance(given, dict) or given.get("type") != "json_schema":
        return None
    named = {"name": "answer", "schema": given.get("schema") or {}, "strict": True}
    return {"type": "json_schema", "json_schema": named}


def _tools(body: JSONDict) -> JSONDict:
    given = body.get("tools")
    tools = [_tool(each) for each in given] if isinstance(given, list) else []
    if not tools:
        return {}
    choice = _object(body, "tool_choice")
    chat: JSONDict = {"tools": tools}
    if choice.get("type") == "tool":
        chat["tool_choice"] = {"type": "function", "function": {"name": choice.get("name")}}
    elif choice.get("type") in CHOICES:
        chat["tool_choice"] = CHOICES[choice["type"]]
    if choice.get("disable_parallel_tool_use"):
        chat["parallel_tool_calls"] = False
    return chat


def _tool(tool: Any) -> JSONDict:
    if not isinstance(tool, dict) or tool.get("type", "custom") != "custom":
        raise _not_offered(f"The tool `{_kind(tool)}`")
    named = {"name": tool.get("name"), "parameters": tool.get("input_schema") or {}}
    if tool.get("description"):
        named["description"] = tool["description"]
    return {"type": "function", "function": named}


def _text(given: JSON, between: str) -> str:
    """Return the words of a text or of a list of blocks."""
    if isinstance(given, list):
        texts = (each.get("text") for each in given if isinstance(each, dict))
        return between.join(each for each in texts if isinstance(each, str))
    return given if isinstance(given, str) else ""


def _kind(block: Any) -> str:
    return str(block.get("type")) if isinstance(block, dict) else ""


def _object(holder: Any, name: str) -> JSONDict:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if isinstance(value, dict) else {}


def _not_offered(what: str) -> NotOffered:
    return NotOffered(f"{what} needs a provider that offers the Messages protocol itself.")
