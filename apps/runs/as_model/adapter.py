"""Carries a call of the gateway to a workflow: a run begins, is followed, and ends with the call."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from uuid import UUID

from apps.common.errors import DomainError, Invalid
from apps.gateway.adapters import shapes
from apps.gateway.asks import Ask
from apps.gateway.calls import PATIENCE, Upstream
from apps.gateway.exceptions import GatewayError, UnknownRoute
from apps.gateway.upstreams.answers import Answer, StreamedAnswer
from apps.gateway.workflow_models import PREFIX, actor_of
from apps.runs.as_model import callees
from apps.runs.as_model.asked import INPUTS, check, inputs_of, refused
from apps.runs.as_model.told import Words, outcome_of, speaker_of
from apps.runs.models import Run
from apps.runs.services.starting import start_run
from apps.runs.services.steering import abandon_run
from apps.runs.state.accepting import form_of
from apps.runs.state.children import DEEPEST
from apps.runs.state.graphs import graph_of
from apps.runs.watching.feed import Feed
from apps.runs.watching.following import frames, is_settled, until_settled
from apps.runs.watching.relay import Frame
from apps.tenants.context import current_scope
from apps.tenants.database import query


@asynccontextmanager
async def opened(ask: Ask, upstream: Upstream) -> AsyncIterator[Answer]:
    """Run a workflow in the asker's name; who leaves before its end ends it.

    Raises NotOffered, ProviderRejected, WorkflowFailed, and what `start_run` raises.
    """
    check(ask)
    if ask.source.depth > DEEPEST:
        raise refused(f"Runs lie {DEEPEST} deep inside others. Look for one that asks itself.", "")
    run = await _run_of(ask, upstream.model)
    ask.errand.run_id = str(run.pk)
    try:
        if not ask.streams:
            yield await _whole(run, ask, upstream)
            return
        async with aclosing(_events(run, ask)) as events:

            async def read() -> bytes:
                return await anext(events, b"")

            yield StreamedAnswer(upstream, read, shows_usage=ask.wants_usage)
    finally:
        await asyncio.shield(query(_left, run.pk))


async def _run_of(ask: Ask, slug: str) -> Run:
    """Begin a run; who leaves meanwhile ends it, too: the thread that writes it down goes on."""
    beginning = asyncio.create_task(query(_begun, ask, slug))
    try:
        return await asyncio.shield(beginning)
    except asyncio.CancelledError:
        await asyncio.shield(_end(beginning))
        raise


async def _end(beginning: asyncio.Task[Run]) -> None:
    with suppress(DomainError, GatewayError):
        await query(_left, (await beginning).pk)


def _begun(ask: Ask, slug: str) -> Run:
    model = f"{PREFIX}{slug}"
    actor = actor_of(ask.source, model)
    workflow = callees.find_workflow(slug, actor) if actor is not None else None
    if actor is None or workflow is None or workflow.published_version is None:
        raise UnknownRoute(f"There is no model named “{model}” for you.")
    inputs = inputs_of(ask, form_of(workflow.published_version))
    try:
        return start_run(
            workflow, actor=actor, inputs=inputs, trigger=Run.Trigger.API, is_awaited=True,
            key_id=ask.source.key_id, depth=ask.source.depth,
        )  # fmt: skip
    except Invalid as error:
        named = "; ".join(f"{each['field']}: {each['message']}" for each in error.errors)
        raise refused(f"{error.detail} {named}".strip(), INPUTS) from error


def _left(run_id: UUID) -> None:
    """End a run that nobody waits for any more; one that asks people goes on for them."""
    if not is_settled(run_id):
        abandon_run(run_id, by="the caller, who left")


async def _whole(run: Run, ask: Ask, upstream: Upstream) -> Answer:
    await until_settled(run.pk, PATIENCE.total_s)
    outcome = await query(outcome_of, run.pk)
    ask.errand.cost_usd = outcome.cost_usd
    told = shapes.completion(ask.model, outcome.text, outcome.usage)
    return Answer(upstream, json.dumps(told).encode(), told)


async def _events(run: Run, ask: Ask) -> AsyncGenerator[bytes, None]:
    stream, words = shapes.Stream(ask.model), Words(speaker_of(graph_of(run)))
    yield stream.begin()
    async with aclosing(frames(Feed(run.pk), current_scope(), lambda: True)) as heard:
        async for frame in heard:
            if new := words.hear(frame):
                yield stream.say(new)
            if _may_settle(frame) and await query(is_settled, run.pk):
                break
    outcome = await query(outcome_of, run.pk)
    ask.errand.cost_usd = outcome.cost_usd
    if rest := words.rest(outcome.text):
        yield stream.say(rest)
    yield stream.end(outcome.usage)


def _may_settle(frame: Frame | None) -> bool:
    """Tell whether a run may have come to rest: it ended, or waits."""
    kind = frame.payload.get("event", {}).get("type", "") if frame is not None else "run."
    return bool(kind.startswith("run.") or kind == "node.waiting")
