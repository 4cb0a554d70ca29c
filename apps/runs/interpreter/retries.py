"""When a failed step is tried again."""

from datetime import datetime
from random import SystemRandom

from apps.nodes.base import Effect
from apps.runs.state.outcomes import Failure
from apps.workflows.definition import Node, Retry

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
    attempt began: no attempt begins after the policy's total time.
    """
    policy = node.retry or Retry()
    if not _is_tried_again(node, policy, failure, effect) or attempt >= policy.max_attempts:
        return None
    delay = _random.uniform(0, min(policy.max_s, policy.initial_s * 2 ** (attempt - 1)))
    delay = max(delay, min(failure.retry_after or 0.0, LONGEST_WISH_S))
    if policy.total_s is not None and (now - begun).total_seconds() + delay > policy.total_s:
        return None
    return delay


def _is_tried_again(node: Node, policy: Retry, failure: Failure, effect: Effect) -> bool:
    if effect == Effect.PURE or (effect == Effect.ONCE and node.retry is None):
        return False
    if failure.code == BREAKER_OPEN:  # nothing was tried, so nothing was learned
        return True
    return failure.code in policy.retry_on if policy.retry_on else failure.retryable
