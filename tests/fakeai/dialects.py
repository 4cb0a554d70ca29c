"""Anthropic's and Gemini's ways of streaming an answer."""

from typing import Any

from aiohttp import web

from tests.fakeai.chat import WORDS, begin, say


async def anthropic(request: web.Request) -> web.StreamResponse:
    """Say the words in events of Anthropic's."""
    answer = await begin(request)
    usage = {"input_tokens": 11, "output_tokens": 1}
    message = {"id": "m", "type": "message", "role": "assistant", "content": [], "model": "c"}
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": usage}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": w}}
            for w in WORDS
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
    for event in events:
        await answer.write(f"event: {event['type']}\n".encode())
        await say(answer, event)
    return answer


async def gemini(request: web.Request) -> web.StreamResponse:
    """Say the words in Gemini's candidates."""
    answer = await begin(request)
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 5, "totalTokenCount": 16}
    for word in WORDS:
        content = {"parts": [{"text": word}], "role": "model"}
        last = {"finishReason": "STOP"} if word == WORDS[-1] else {}
        candidate = {"content": content, "index": 0, **last}
        await say(answer, {"candidates": [candidate], "usageMetadata": usage})
    return answer
