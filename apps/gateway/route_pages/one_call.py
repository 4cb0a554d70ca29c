"""One call of the ledger as its page shows it: where it came from, and its attempts in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.gateway.costs import breakdown
from apps.gateway.models import Credential, LlmCall, LlmCallQuerySet

NEWER, OLDER = 8, 24  # that stand beside a call in the list that it was opened from
WIDE = 1_000  # of the drawing in which an attempt is a bar


@dataclass(frozen=True)
class Try:
    """One attempt with its place in the time of the call; `x` and widths are of the drawing."""

    attempt: JSONDict
    key: Credential | None
    starts_ms: int
    ends_ms: int
    x: int
    wide: int
    silent: int  # how much of that was before the first word

    @property
    def kind(self) -> str:
        """How its bar looks: `answered`, `failed`, or `lost` to one that was asked beside it."""
        error = self.attempt.get("error")
        if error == "hedge_lost":
            return "lost"
        failed = error or (self.attempt.get("verdict") or {}).get("mark") == "failed"
        return "failed" if failed else "answered"


def beside(call: LlmCall, listed: LlmCallQuerySet) -> list[LlmCall]:
    """Return a call among those that come before and after it in a list, the newest first."""
    newer = listed.filter(created_at__gt=call.created_at).order_by("created_at")[:NEWER]
    older = listed.filter(created_at__lt=call.created_at)[:OLDER]
    return [*reversed(newer), call, *older]


def origin_of(call: LlmCall, *, actor: User) -> JSONDict:
    """Return who and what asked, of that which somebody may see; None: gone, or not theirs to see."""
    ids = {"workflow": call.workflow_id, "key": call.key_id, "member": call.user_id}
    return {name: breakdown.known(name, pk, actor=actor) for name, pk in ids.items() if pk}


def tries_of(call: LlmCall) -> list[Try]:
    """Return the attempts of a call, one after the other; a hedge beside the one that was late."""
    shown = [each["key"] for each in call.attempts if each.get("key")]
    keys = {str(key): found for key, found in Credential.objects.in_bulk(shown).items()}
    spans = list(_spans(call))
    whole = max([call.latency_ms, 1, *(ends for _, ends in spans)])
    return [
        _try(call, each, keys.get(each.get("key", "")), span, whole)
        for each, span in zip(call.attempts, spans, strict=True)
    ]


def _spans(call: LlmCall) -> Iterator[tuple[int, int]]:
    """Yield when each began and ended: how long they took is kept, what they waited for is not."""
    now = 0
    for each in call.attempts:
        took, starts = int(each.get("ms") or 0), now
        if each.get("hedge"):  # ends with the call, or with the first word of the one that won
            ends = (call.ttft_ms or now) if each.get("error") else call.latency_ms
            starts = max(0, ends - took)
        yield starts, starts + took
        now = max(now, starts + took)


def _try(
    call: LlmCall, attempt: JSONDict, key: Credential | None, span: tuple[int, int], whole: int
) -> Try:
    starts, ends = span
    x, right = (round(WIDE * each / whole) for each in span)
    wide = max(4, right - x)
    first = starts if call.ttft_ms is None or attempt.get("error") else call.ttft_ms
    silent = min(wide, max(0, round(WIDE * (first - starts) / whole)))
    priced = {**attempt, "usd": Decimal(attempt["usd"])} if "usd" in attempt else attempt
    return Try(priced, key, starts, ends, min(x, WIDE - wide), wide, silent)
