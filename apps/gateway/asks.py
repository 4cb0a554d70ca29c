"""One call as the gateway carries it, whoever makes it: a program at /v1, a step of a run, a test.

The body is JSON in OpenAI's form. What the gateway does not know of it goes to the provider as it
came; only the model, the stream's options and what the route sets are changed on the way.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from apps.common.types import JSON, JSONDict
from apps.gateway.enclosed import enclosed_in
from apps.gateway.models import Endpoint

TOKENS_OF_IMAGE = 800  # about what providers count for one, or for a file; its bytes tell nothing
TOKENS_OF_ANSWER = 500  # where nobody says how long it may become
MOST_CHOICES = 128  # answers to one call, as OpenAI's protocol allows
LIMITS = ("max_completion_tokens", "max_tokens", "max_output_tokens")
# What of a body is read by a model, whichever protocol it is in.
SENT = ("messages", "input", "instructions", "system", "query", "documents")
SPEAKING = (Endpoint.CHAT, Endpoint.RESPONSES, Endpoint.MESSAGES)


@dataclass(frozen=True)
class Source:
    """Who asks: a step of a workflow's run, or a program with its key; and for which user."""

    run_id: str = ""
    node_id: str = ""
    workflow_id: UUID | None = None
    key_id: UUID | None = None
    user_id: UUID | None = None
    depth: int = 0  # of the run that a workflow is asked for, inside of others


NOBODY = Source()


class Withheld(Protocol):
    """What a run withholds, of which prompts may hold only some."""

    @property
    def keeps_nothing(self) -> bool:
        """Whether nothing of what is asked and answered may be kept."""

    @property
    def stays_out(self) -> frozenset[str]:
        """The classes of which nothing is put back into answers."""

    def text(self, raw: str, allowed: frozenset[str], instead: Callable[[str, str], str]) -> str:
        """Return a text in which what is not allowed is exchanged; `instead` says for what."""


@dataclass(frozen=True)
class Caps:
    """What one call may cost and take at most, if its caller says so."""

    max_cost_usd: Decimal | None = None
    max_latency_ms: int | None = None


NO_CAPS = Caps()


@dataclass
class Errand:
    """What became of a call that a run carries out, not a model: known once the run has begun."""

    run_id: str = ""
    cost_usd: Decimal | None = None


@dataclass(frozen=True)
class Ask:
    """What is asked of which model: an alias of a route, or `provider/model`.

    `hints` is what a step knows beyond the messages; only the built-in provider reads it.
    """

    model: str
    body: JSONDict
    endpoint: str = Endpoint.CHAT
    streams: bool = False
    # Whether the asker wants the last event of a stream, which tells the usage; we always do.
    wants_usage: bool = False
    task: str = ""
    hints: JSONDict = field(default_factory=dict)
    idempotency_key: str = ""
    source: Source = NOBODY
    # Whether the asker wants a new answer, not one that is kept.
    fresh: bool = False
    # What the asker's protocol says in headers, for upstreams that speak it too.
    headers: dict[str, str] = field(default_factory=dict)
    caps: Caps = NO_CAPS
    prompt: str = ""  # of the library, as slug@number
    errand: Errand = field(default_factory=Errand)
    withheld: Withheld | None = field(default=None, repr=False, compare=False)

    @property
    def messages(self) -> list[JSONDict]:
        """The messages of a chat."""
        found = self.body.get("messages")
        return found if isinstance(found, list) else []

    @property
    def most_choices(self) -> int:
        """How many answers it may bring at most; what is no number here may be one to a provider."""
        wanted = self.body.get("n")
        if wanted is None:
            return 1
        return max(1, min(wanted, MOST_CHOICES)) if type(wanted) is int else MOST_CHOICES

    def limits(self, params: JSONDict) -> list[int]:
        """Return all limits of an answer's tokens, given what a target sets; which one it heeds, who knows."""
        sent = {**self.body, **params}
        return [each for name in LIMITS if type(each := sent.get(name)) is int and each > 0]

    @property
    def schema(self) -> JSONDict | None:
        """The JSON Schema that the answer must fit, if there is one."""
        wanted = self.body.get("response_format")
        if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
            return None
        named = wanted.get("json_schema")
        return named.get("schema") or {} if isinstance(named, dict) else {}

    def input_tokens(self) -> int:
        """Guess how many tokens are sent, before anybody counted them."""
        sent = enclosed_in({name: self.body[name] for name in SENT if name in self.body})
        enclosed = TOKENS_OF_IMAGE * (sent.pictures + sent.files)
        return max(1, enclosed + (sum(_weights(sent.words)) + 3) // 4)

    @property
    def answer_limit(self) -> int | None:
        """How many tokens the answer may have, if its asker says so."""
        limits = (self.body.get(name) for name in LIMITS)
        return next((each for each in limits if isinstance(each, int) and each > 0), None)

    def answer_tokens(self) -> int:
        """Guess how many tokens the answer has, rather too many than too few."""
        if self.endpoint not in SPEAKING:
            return 0
        return TOKENS_OF_ANSWER if self.answer_limit is None else self.answer_limit

    def most_tokens(self) -> int:
        """Guess how many tokens the call takes in all, rather too many than too few."""
        return self.input_tokens() + self.answer_tokens()


def limit_of(ask: Ask) -> str:
    """Return what the limit of an answer's tokens is called in the asker's protocol."""
    return "max_output_tokens" if ask.endpoint == Endpoint.RESPONSES else "max_tokens"


def estimated_tokens(text: str) -> int:
    """Guess how many tokens a text is, for upstreams that do not say."""
    return (len(text) + 3) // 4


def storable(text: str, most: int) -> str:
    """Return a text from outside without what no database takes."""
    return text[:most].encode(errors="replace").decode().replace("\x00", "")


def _weights(value: JSON) -> Iterable[int]:
    """Yield the characters that parts of a prompt stand for."""
    left: list[Any] = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            yield len(each)
        elif isinstance(each, dict):
            left += each.values()
        elif isinstance(each, list):
            left += each
        elif isinstance(each, int):  # a token by its number
            yield 4
