"""One column's answer while it comes, in the stream that AI chats are told in.

The call goes on in a task of its own: what it is refused for, before its first word, can still be an
HTTP status, and who stops reading ends it.
"""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from http import HTTPStatus
from typing import Any

from apps.common.errors import DomainError
from apps.common.types import JSONDict
from apps.gateway import workflow_models
from apps.gateway.asks import Ask
from apps.gateway.carrying import Call, carried
from apps.gateway.checks.reading import text_of
from apps.gateway.exceptions import GatewayError
from apps.gateway.ledger import rows
from apps.gateway.targets.router import Plan
from apps.gateway.v1.refusals import ModelNotFound, refusal_of

logger = logging.getLogger(__name__)

PART = "answer"
DONE = b"data: [DONE]\n\n"


class Telling:
    """Asks, and hands on what is said."""

    def __init__(self, ask: Ask) -> None:
        """Begin to ask."""
        self._ask = ask
        self._heard: asyncio.Queue[JSONDict | Exception | None] = asyncio.Queue()
        self._first: JSONDict | None = None
        self._task = asyncio.get_running_loop().create_task(self._carry())

    async def begin(self) -> None:
        """Wait for the first word. Raises GatewayError, DomainError, where there is none."""
        try:
            heard = await self._heard.get()
        except asyncio.CancelledError:
            await self._stop()
            raise
        if isinstance(heard, Exception):
            raise heard
        self._first = heard

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """Yield the stream to its end; whoever stops reading ends the call."""
        try:
            for kind in ("start", "start-step"):
                yield _line(type=kind)
            yield _line(type="text-start", id=PART)
            heard: JSONDict | Exception | None = self._first
            while isinstance(heard, dict):
                yield _line(**heard)
                heard = await self._heard.get()
            if isinstance(heard, Exception):
                yield _line(type="error", errorText=_words(heard))
            yield DONE
        finally:
            await self._stop()

    async def whole(self) -> JSONDict:
        """Return all that is said, with its figures. Raises GatewayError, DomainError."""
        words: list[str] = []
        figures: JSONDict = {}
        heard: JSONDict | Exception | None = self._first
        try:
            while isinstance(heard, dict):
                words.append(heard.get("delta", ""))
                figures = heard.get("messageMetadata", figures)
                heard = await self._heard.get()
        finally:
            await self._stop()
        if isinstance(heard, Exception):
            raise heard
        return {"text": "".join(words), **figures}

    async def _carry(self) -> None:
        say = self._heard.put_nowait
        try:
            plan = await self._plan()
            async with carried(self._ask, plan=plan) as call:
                await text_of(call.answer, lambda text: say(_delta(text)))
            await asyncio.shield(rows.written())
            say({"type": "text-end", "id": PART})
            say({"type": "finish-step"})
            say({"type": "finish", "finishReason": "stop", "messageMetadata": figures_of(call)})
            say(None)
        except Exception as error:
            if refusal_of(error) is None:
                logger.exception("A call of the playground failed")
            say(error)

    async def _plan(self) -> Plan | None:
        if not workflow_models.is_workflow(self._ask.model):
            return None
        plan = await workflow_models.plan_of(self._ask.model, self._ask.source)
        if plan is None:
            raise ModelNotFound(self._ask.model)
        return plan

    async def _stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})


def figures_of(call: Call) -> JSONDict:
    """Return what an answer took and cost, and where it is written down."""
    entry = call.entry
    return {
        "call": str(entry.id),
        "run": call.ask.errand.run_id or None,
        "provider": call.target.upstream.provider,
        "model": entry.model,
        "cost_usd": None if entry.cost_usd is None else str(entry.cost_usd),
        "input_tokens": entry.usage.input,
        "output_tokens": entry.usage.output,
        "estimated": entry.usage.estimated,
        "ttft_ms": call.trace.first_ms,
        "latency_ms": entry.latency_ms,
        "cache": call.trace.cache,
    }


def refused(error: Exception) -> tuple[int, JSONDict]:
    """Return how a call that said nothing is told: a status, and words with a code."""
    refusal = refusal_of(error)
    if refusal is None:
        return HTTPStatus.INTERNAL_SERVER_ERROR, {"message": _words(error), "code": "internal"}
    return refusal.status, {"message": _words(error), "code": refusal.code}


def _words(error: Exception) -> str:
    if isinstance(error, GatewayError):
        return f"{error.message} {error.hint}".strip()
    if isinstance(error, DomainError):
        return " ".join(entry["message"] for entry in error.errors) or error.detail
    return "Something went wrong here."


def _delta(text: str) -> JSONDict:
    return {"type": "text-delta", "id": PART, "delta": text}


def _line(**chunk: Any) -> bytes:
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"
