"""The ledger's entry of one call, from its first moment to its last."""

from apps.common.ids import uuid7
from apps.common.requests import request_info
from apps.gateway.calls import CompletionRequest, Listener, Reply, estimated_tokens
from apps.gateway.models import LlmCall
from apps.gateway.router import Target, Trace


def opened(request: CompletionRequest) -> LlmCall:
    """Return an entry that is not saved yet; until something better is known, we failed."""
    return LlmCall(
        request_id=request_info.get().id or str(uuid7()),
        run_id=request.source.get("run") or None,
        node_id=str(request.source.get("node", ""))[:63],
        route=request.route[:80],
        task=request.task[:20],
        status=LlmCall.Status.ERROR,
        error_code="internal",
        idempotency_key=request.idempotency_key[:255],
    )


def note_answer(entry: LlmCall, target: Target, reply: Reply) -> None:
    """Note what came back and what it costs."""
    entry.status, entry.error_code = LlmCall.Status.OK, ""
    entry.input_tokens, entry.output_tokens = reply.input_tokens, reply.output_tokens
    entry.tokens_estimated, entry.model = reply.estimated, reply.model
    entry.cost_usd = target.cost(reply.input_tokens, reply.output_tokens)


def measure(entry: LlmCall, request: CompletionRequest, listener: Listener, trace: Trace) -> None:
    """Note times and tries. What broke off amid its answer was paid for: that is estimated."""
    entry.latency_ms, entry.ttft_ms = listener.elapsed_ms, listener.first_ms
    entry.attempts = trace.attempts
    target = trace.target
    if target is None:
        return
    entry.provider, entry.builtin = target.upstream.provider, target.is_builtin
    entry.model = entry.model or target.upstream.model
    if entry.status != LlmCall.Status.OK and listener.has_heard:
        entry.input_tokens = estimated_tokens(str(request.messages))
        entry.output_tokens = estimated_tokens("." * listener.length)
        entry.tokens_estimated = True
        entry.cost_usd = target.cost(entry.input_tokens, entry.output_tokens)
