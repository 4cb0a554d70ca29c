"""What goes into the gateway and what comes out of it.

`CompletionRequest` and `Completion` are what callers see. `Upstream` and `Reply` are the same
call as an adapter sees it: one target with its opened key, and what was heard from it.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from apps.common.types import JSONDict

OnText = Callable[[str], None]
# Tells whether a provider, of which so many calls may go on at a time, has room for this one.
GoThrough = Callable[[UUID, int], Awaitable[bool]]

# Providers with a dialect of their own that we can call: litellm's name -> where they are.
TRANSLATED = {
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
}


@dataclass(frozen=True)
class CompletionRequest:
    """What somebody asks of a model.

    `hints` is what a caller knows beyond the messages (such as the classes of a classification);
    only the built-in provider reads it. `source` names the run and node that ask.
    """

    route: str
    messages: list[JSONDict]
    task: str = "generate"
    json_schema: JSONDict | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    hints: JSONDict = field(default_factory=dict)
    idempotency_key: str = ""
    source: JSONDict = field(default_factory=dict)


@dataclass(frozen=True)
class Completion:
    """What a model answered, and what it cost; None where the price is not known."""

    text: str
    usage: dict[str, int]
    cost_usd: Decimal | None
    model: str
    provider: str
    builtin: bool = False


@dataclass(frozen=True)
class Patience:
    """How long an upstream may take, in seconds: to the first word, between words, in all."""

    first_token_s: float = 30
    between_s: float = 120
    total_s: float = 600


PATIENCE = Patience()


@dataclass(frozen=True)
class Upstream:
    """One target of a route with all that is needed to call it. The key never shows in a repr."""

    provider: str
    kind: str
    model: str
    base_url: str = ""
    litellm_provider: str = ""
    capabilities: tuple[str, ...] = ()
    params: JSONDict = field(default_factory=dict)
    key: str = field(default="", repr=False)
    patience: Patience = PATIENCE


@dataclass(frozen=True)
class Reply:
    """What one upstream answered. `estimated`: it did not say how many tokens it took."""

    text: str
    model: str
    input_tokens: int
    output_tokens: int
    estimated: bool = False


class Listener:
    """Hands text on as it comes, and remembers when the first of it came."""

    def __init__(self, on_text: OnText | None = None) -> None:
        """Without a receiver the text is only timed."""
        self._on_text = on_text
        self._start = time.perf_counter()
        self.streams = on_text is not None
        self.first_ms: int | None = None
        self.length = 0

    @property
    def has_heard(self) -> bool:
        """Whether something was handed on, so that another try would say it twice."""
        return self.first_ms is not None

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds since the call began."""
        return round((time.perf_counter() - self._start) * 1000)

    def hear(self, text: str) -> None:
        """Pass text on."""
        if not text:
            return
        if self.first_ms is None:
            self.first_ms = self.elapsed_ms
        self.length += len(text)
        if self._on_text is not None:
            self._on_text(text)


def estimated_tokens(text: str) -> int:
    """Guess how many tokens a text is, for upstreams that do not say."""
    return (len(text) + 3) // 4
