"""When a failed step is tried again."""

from datetime import datetime
from random import SystemRandom

from apps.nodes.base import Effect
from apps.runs.state.outcomes import Failure
from apps.workflows.definition import Node, Retry

ATTEMPT_S = 3600.0  # an attempt without a limit of its own
IN_LOOP_S = 5.0  # a longer delay is a row, not a worker
LONGEST_WISH_S = 24 * 3600.0
BREAKER_OPEN = "breaker_open"
_random = SystemRandom()


def delay_before_next(
    node: Node, failure: Failure, effect: Effect, attempt: int, *, begun: datetime, now: datetime
) -> float | None:
    """Return in how many seconds the step is tried again; None: it is not.

    Exponential with full jitter, and never before the time that the target asked for. What must
    not be done twice is tried again only where the author asked for it. `begun` is when the first
    attempt began: no attempt begins after the policy's total time, nor goes on (`time_for`).
    """
    policy = node.retry or Retry()
    if not _is_tried_again(node, policy, failure, effect) or attempt >= policy.max_attempts:
        return None
    delay = _random.uniform(0, min(policy.max_s, policy.initial_s * 2 ** (attempt - 1)))
    delay = max(delay, min(failure.retry_after or 0.0, LONGEST_WISH_S))
    if policy.total_s is not None and (now - begun).total_seconds() + delay > policy.total_s:
        return None
    return delay


def time_for(node: Node, attempt: int, *, begun: datetime, now: datetime) -> float:
    """Return for how many seconds an attempt may go on that begins now: its own, or what is left."""
    limit = node.timeout_s or ATTEMPT_S
    if node.retry is None or node.retry.total_s is None:
        return limit
    spent = 0.0 if attempt == 1 else (now - begun).total_seconds()
    return max(0.0, min(limit, node.retry.total_s - spent))


def _is_tried_again(node: Node, policy: Retry, failure: Failure, effect: Effect) -> bool:
    if effect == Effect.PURE or (effect == Effect.ONCE and node.retry is None):
        return False
    if failure.code == BREAKER_OPEN:  # nothing was tried, so nothing was learned
        return True
    return failure.code in policy.retry_on if policy.retry_on else failure.retryable
