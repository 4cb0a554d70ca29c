"""Trials of providers: a small real call, and how it went in words."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass

from apps.egress import client as egress
from apps.gateway.calls import CompletionRequest, Patience
from apps.gateway.checks.reading import text_of
from apps.gateway.exceptions import GatewayError
from apps.gateway.targets.exchange import Trace, exchange
from apps.gateway.targets.router import Plan, Target

TEST_PATIENCE = Patience(first_token_s=20, between_s=10, total_s=30)
TEST_QUESTION = "Answer with the one word: ready"
# Asks, and returns the text of the answer and the model that gave it.
Asking = Callable[[CompletionRequest], Awaitable[tuple[str, str]]]


@dataclass(frozen=True)
class Trial:
    """How a small real call to a provider went, in words for whoever set it up."""

    ok: bool
    message: str
    hint: str
    model: str
    latency_ms: int


def try_target(target: Target, name: str) -> Trial:
    """Make a small real call outside of all workspaces: nothing is counted, and no ledger has it."""
    plan = Plan("", None, (target,))

    async def asked(request: CompletionRequest) -> tuple[str, str]:
        async with exchange(plan, request.ask(), Trace()) as answer:
            return await text_of(answer), answer.model

    return tried(asked, name, target.upstream.model)


def tried(asked: Asking, name: str, model: str) -> Trial:
    """Ask on a loop of its own in a thread of its own: whatever loop the caller is served by goes on."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        trying = _try(asked, name, model)
        return thread.submit(copy_context().run, asyncio.run, trying).result()


async def _try(asked: Asking, name: str, model: str) -> Trial:
    question = [{"role": "user", "content": TEST_QUESTION}]
    request = CompletionRequest(route="", messages=question, task="test")
    began = time.perf_counter()
    try:
        text, answering = await asked(request)
        elapsed = _since(began)
        said = " ".join(text.split())[:60] or "nothing"
        message = f"{name} answered in {elapsed} ms: “{said}”"
        return Trial(True, message, "", answering, elapsed)
    except GatewayError as error:
        return Trial(False, error.message, error.hint, model, _since(began))
    finally:
        await egress.close()  # the connections of this short-lived loop


def _since(began: float) -> int:
    return round((time.perf_counter() - began) * 1000)
