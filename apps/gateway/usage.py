"""How many tokens a call took, as providers say it and as it is guessed where they do not."""

from dataclasses import dataclass
from typing import Any

from apps.common.types import JSONDict

MAX_TOKENS = 2**31 - 1


@dataclass(frozen=True)
class Usage:
    """Tokens of a call; `cached` and `written` to a cache are of the input, `reasoning` of the output."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0
    written: int = 0
    estimated: bool = False

    def __add__(self, other: "Usage") -> "Usage":
        """Return both together."""
        return Usage(
            self.input + other.input, self.output + other.output, cached=self.cached + other.cached,
            reasoning=self.reasoning + other.reasoning, written=self.written + other.written,
            estimated=self.estimated or other.estimated,
        )  # fmt: skip


def usage_of(told: JSONDict | None) -> Usage | None:
    """Return what a provider told, under any of the usual names; None where that makes no sense."""
    if not told:
        return None
    asked = _count(told, "prompt_tokens", "input_tokens")
    said = _count(told, "completion_tokens", "output_tokens")
    if asked is None or (said is None and "total_tokens" not in told):
        return None
    inputs = told.get("prompt_tokens_details") or told.get("input_tokens_details")
    outputs = told.get("completion_tokens_details") or told.get("output_tokens_details")
    cached = min(_detail(inputs, "cached_tokens"), asked)
    return Usage(
        asked, said or 0, cached=cached,
        reasoning=min(_detail(outputs, "reasoning_tokens"), said or 0),
        written=min(_detail(inputs, "cache_creation_tokens"), asked - cached),
    )  # fmt: skip


def _count(told: JSONDict, *names: str) -> int | None:
    """Return the first count there is; one that is no count is as none, but not looked past."""
    value = next((told[name] for name in names if name in told), None)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        return None
    return min(value, MAX_TOKENS)


def _detail(details: Any, name: str) -> int:
    return (_count(details, name) or 0) if isinstance(details, dict) else 0
