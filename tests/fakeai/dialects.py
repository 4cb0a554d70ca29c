"""Gemini's way of streaming an answer."""

from aiohttp import web

from tests.fakeai.chat import WORDS, begin, say


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
