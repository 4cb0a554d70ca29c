"""What steps ask of the gateway and what they are answered, and who is asked for them.

`CompletionRequest` and `Completion` are what callers inside the product see. `Upstream` is one
target as an adapter sees it, with its opened key.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from yarl import URL

from apps.common.types import JSONDict
from apps.gateway.asks import NOBODY, Ask, Source, Withheld

OnText = Callable[[str], None]
# Tells whether a provider, of which so many calls may go on at a time, has room for this one.
GoThrough = Callable[[UUID, int], Awaitable[bool]]

WORKFLOW = "workflow"  # the kind of an upstream that is one of ours, not a provider's model

# Providers with a dialect of their own that we can call: litellm's name -> where they are.
TRANSLATED = {
    "anthropic": "https://api.anthropic.com",
    "gemini": "https://generativelanguage.googleapis.com/v1beta",
}


@dataclass(frozen=True)
class CompletionRequest:
    """What somebody asks of a model.

    `hints` is what a caller knows beyond the messages (such as the classes of a classification);
    only the built-in provider reads it. `source` names the step that asks.
    """

    route: str
    messages: list[JSONDict]
    task: str = "generate"
    json_schema: JSONDict | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    hints: JSONDict = field(default_factory=dict)
    idempotency_key: str = ""
    source: Source = NOBODY
    # A prompt of the library, whose messages come before these, and what its variables are.
    prompt: str = ""
    variables: JSONDict = field(default_factory=dict)
    # What the step's run withholds, and prompts hold only where the route lets them.
    withheld: Withheld | None = field(default=None, repr=False, compare=False)

    def ask(self) -> Ask:
        """Return the call as the gateway carries it: streamed, so that silence is noticed soon."""
        return Ask(
            model=self.route, body=self._body(), streams=True, task=self.task, hints=self.hints,
            idempotency_key=self.idempotency_key, source=self.source, prompt=self.prompt,
            withheld=self.withheld,
        )  # fmt: skip

    def _body(self) -> JSONDict:
        body: JSONDict = {"messages": self.messages}
        if self.temperature is not None:
            body["temperature"] = self.temperature
        if self.max_tokens is not None:
            body["max_tokens"] = self.max_tokens
        if self.json_schema is not None:
            named = {"name": "answer", "schema": self.json_schema}
            body["response_format"] = {"type": "json_schema", "json_schema": named}
        return body


@dataclass(frozen=True)
class Completion:
    """What a model answered, and what it cost; None where the price is not known."""

    text: str
    usage: dict[str, int]
    cost_usd: Decimal | None
    model: str
    provider: str
    builtin: bool = False
    prompt: str = ""  # of the library, as slug@number


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

    @property
    def place(self) -> str:
        """The model and its host: keys and names of providers do not make it another one."""
        address = self.base_url or TRANSLATED.get(self.litellm_provider, "")
        return f"{self.model} at {URL(address).authority}"
