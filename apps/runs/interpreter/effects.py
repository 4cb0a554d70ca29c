"""Attempts at steps that reach outside: each a coroutine on the loop of the process.

Processor time and memory are noted where they can be told apart: a step that only computes has its
thread for itself, and a code step its worker process. What waits for the network shares the loop's
thread with all others; of those nothing is noted, rather than a guess.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, cached_property, partial
from typing import Any

from django.utils.crypto import salted_hmac
from prometheus_client import Histogram

from apps.common.types import JSON, JSONDict
from apps.egress import client as egress
from apps.egress.client import EgressResponse
from apps.egress.nesting import nested
from apps.gateway.asks import Source
from apps.gateway.calls import Completion, CompletionRequest, GoThrough
from apps.gateway.exceptions import GatewayError
from apps.gateway.services import complete
from apps.nodes.base import Config, Effect, NodeContext, NodeError, RoundsDone
from apps.nodes.registry import AnyNode
from apps.runs.interpreter.borrowing import borrowed
from apps.runs.interpreter.retries import ATTEMPT_S
from apps.runs.interpreter.vouching import check_vouched
from apps.runs.metrics import ATTEMPTS
from apps.runs.models import Run
from apps.runs.state import withholding
from apps.runs.state.course import Spot
from apps.runs.state.outcomes import Done, Failure, Outcome, Verdict, failure_of, held, judge
from apps.runs.state.payloads import INLINE, aside
from apps.runs.state.prompts import over_prompts
from apps.runs.state.tokens import TokenStream
from apps.sandbox.services import CodeResult, Stop, run_code
from apps.sandbox.usage import Usage
from apps.tenants.context import current_schema
from apps.workflows.graph import CompiledNode
from apps.workflows.marks import OUTPUT

logger = logging.getLogger(__name__)

MAX_LOGS, MAX_LOG = 200, 10_000
KEEP_AGAIN_S = (0.5, 2.0, 5.0)  # pauses before a storage that was away is asked again
_code_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="code")


@dataclass
class Attempt:
    """One attempt at a step: its config rendered and checked, and what it may use."""

    run: Run
    spot: Spot
    node: CompiledNode
    type: type[AnyNode]
    config: Config
    effect: Effect
    prev: JSON
    started_at: datetime
    number: int = 1
    decision: JSONDict | None = None
    rounds: RoundsDone | None = None
    cache_key: str | None = None
    limit_s: float = ATTEMPT_S
    logs: list[str] = field(default_factory=list)
    used: Usage = field(default_factory=Usage)
    go_through: GoThrough | None = None  # asks for room at a provider: see `runs.outside`
    _calls: int = 0  # of models, in this attempt

    def again(self, number: int) -> None:
        """Make ready for another attempt."""
        self.number, self.logs, self.used, self._calls = number, [], Usage(), 0

    @cached_property
    def _key(self) -> str:
        """The step's idempotency key; what only computes needs none, and making one costs."""
        if self.effect == Effect.PURE:
            return ""
        return key_of(self.run, self.node.id, self.spot.frame)

    def context(self) -> NodeContext:
        """Return what the step may use while it runs."""
        return NodeContext(
            run_id=str(self.run.pk),
            node_id=self.node.id,
            attempt=self.number,
            idempotency_key=self._key,
            run_input=self.run.inputs,
            prev=self.prev,
            request=self._request,
            model=self._ask_model,
            code=self._run_code,
            log=self._log,
            decision=self.decision,
            rounds=self.rounds,
        )

    async def _request(self, *args: Any, credential: str = "", **options: Any) -> EgressResponse:
        """Make a request, which tells hosts of ours how deep the run lies."""
        await check_vouched(self.run)
        if credential:
            options["bound"] = await borrowed(credential, self.run)
        with nested(self.run.depth):
            return await egress.request(*args, **options)

    async def _ask_model(self, request: CompletionRequest) -> Completion:
        """Ask through the gateway, under the step's key, and tell the words while they come."""
        await check_vouched(self.run)
        self._calls += 1
        key = self._key + (f":{self._calls}" if self._calls > 1 else "")
        run = self.run
        source = Source(
            str(run.pk), self.node.id, workflow_id=run.workflow_id, key_id=run.key_id,
            user_id=run.started_by_id,
        )  # fmt: skip
        tokens = TokenStream(self.run, self.node.id, self.spot.frame)
        try:
            with nested(run.depth):
                # What is marked in the answer is known once it is whole: until then nothing is told or kept.
                marked = withholding.gives_marked(run, self.node.id)
                withheld = await over_prompts(answer_is_marked=marked)
                return await complete(
                    replace(request, idempotency_key=key, source=source, withheld=withheld),
                    on_text=None if marked or withholding.is_withholding() else tokens.add,
                    go_through=self.go_through,
                )
        except GatewayError as error:
            raise NodeError(
                error.code,
                error.message,
                hint=error.hint,
                retryable=error.retryable,
                retry_after=error.retry_after,
            ) from error
        finally:
            await tokens.close()

    async def _run_code(self, source: str, inputs: JSONDict) -> CodeResult:
        """Run a code step in a thread; when it is cancelled, its worker process is killed."""
        stop = Stop()
        run = partial(run_code, source, inputs, stop=stop, used=self.used)
        hop = asyncio.get_running_loop().run_in_executor(_code_threads, run)
        try:
            return await asyncio.shield(hop)
        except asyncio.CancelledError:
            stop.now()
            hop.add_done_callback(_forget)
            raise

    def _log(self, text: str) -> None:
        if len(self.logs) < MAX_LOGS:
            self.logs.append(text[:MAX_LOG])


def key_of(run: Run, node: str, frame: str = "") -> str:
    """Return the idempotency key of a step: the same for every attempt, redelivery and retry.

    It differs only where a person changed the step's input or chose to run it again, and from
    round to round.
    """
    generation = run.generations.get(node, 0)
    path = f"{current_schema()}:{run.root_id}:{node}:{frame or 0}:{generation}"
    return salted_hmac("runs.step", path, algorithm="sha256").hexdigest()


async def carry_out(attempt: Attempt, delay_s: float = 0) -> Outcome:
    """Make one attempt, after a delay, and return how it ended."""
    await asyncio.sleep(delay_s)
    begun = time.perf_counter()
    context = attempt.context()
    verdict = await _held(_learnt(attempt, await _verdict(attempt, context)))
    return _outcome(attempt, context, verdict, begun)


def share_cpu(attempts: Sequence[Attempt], since: float) -> None:
    """Divide what this thread computed since then among the attempts that it prepared."""
    share = Usage(cpu_ms=(time.thread_time() - since) * 1000 / max(len(attempts), 1))
    for attempt in attempts:
        if attempt.effect == Effect.PURE:
            attempt.used.add(share)


def carry_out_pure(attempt: Attempt) -> Outcome:
    """Run a step that only computes, here and now: its coroutine never waits."""
    begun, computed = time.perf_counter(), time.thread_time()
    context = attempt.context()
    coroutine = attempt.type().run(attempt.config, context)
    try:
        coroutine.send(None)
    except StopIteration as stop:
        verdict = judge(stop.value)
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes this step's error
        verdict = failure_of(error)
    else:
        coroutine.close()
        verdict = failure_of(RuntimeError(f"{attempt.type.name} is not pure: it waits"))
    attempt.used.add(Usage(cpu_ms=(time.thread_time() - computed) * 1000))
    return _outcome(attempt, context, held(_learnt(attempt, verdict)), begun)


def _learnt(attempt: Attempt, verdict: Verdict) -> Verdict:
    """Withhold what is marked in what the step gave, before any of it is kept."""
    if isinstance(verdict, Done):
        withholding.learn(attempt.run, attempt.node.id, OUTPUT, verdict.output)
    return verdict


async def _held(verdict: Verdict) -> Verdict:
    """Keep a large output, patiently: what came from outside cannot always be had again."""
    if not isinstance(verdict, Done) or verdict.size <= INLINE:
        return verdict
    kept = await aside(held, verdict)
    for pause in KEEP_AGAIN_S:
        if isinstance(kept, Done):
            break
        await asyncio.sleep(pause)
        kept = await aside(held, verdict)
    return kept


async def _verdict(attempt: Attempt, context: NodeContext) -> Verdict:
    try:
        async with asyncio.timeout(attempt.limit_s) as timeout:
            return judge(await attempt.type().run(attempt.config, context))
    except TimeoutError as error:
        if not timeout.expired():
            return failure_of(error)
        return Failure(
            "timeout",
            _too_long(attempt),
            "Give it more time, or ask less of it.",
            retryable=True,
        )
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes this step's error
        return failure_of(error)


def _too_long(attempt: Attempt) -> str:
    limit, retry = attempt.node.node.timeout_s or ATTEMPT_S, attempt.node.node.retry
    if retry and retry.total_s and attempt.limit_s < limit:
        return f"All attempts at the step together took longer than {retry.total_s:g} s."
    return f"The step took longer than {limit:g} s."


def _outcome(attempt: Attempt, context: NodeContext, verdict: Verdict, begun: float) -> Outcome:
    taken = time.perf_counter() - begun
    _times(attempt.type.name, type(verdict).__name__.lower()).observe(taken)
    return Outcome(
        attempt.spot,
        verdict,
        attempt.started_at,
        round(taken * 1000),
        context.cost_usd,
        context.tokens,
        attempt.logs,
        attempt.used,
    )


@cache
def _times(type_: str, kind: str) -> Histogram:
    """Return where the times of attempts are counted that ended so."""
    return ATTEMPTS.labels(type_, kind)


def _forget(hop: "asyncio.Future[CodeResult]") -> None:
    """Take the exception of code that was stopped, so that nobody reports it as lost."""
    if not hop.cancelled():
        hop.exception()
