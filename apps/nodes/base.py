"""The contract of a node type.

A type is a class with a `Config` and an `Output` (pydantic) and `run()`. The engine renders the
expressions of the stored config, validates it as `Config`, and calls `run()` with a context; what
comes back is JSON for the steps that follow. Types never see the tables of workflows or runs.
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic import Field as PydanticField
from pydantic.config import JsonDict

from apps.common.types import JSON, JSONDict
from apps.gateway.calls import Completion, CompletionRequest
from apps.sandbox.services import CodeResult


class Effect(StrEnum):
    """What a repeat after a crash would do to the world.

    PURE: nothing, it only computes. IDEMPOTENT: the same again. KEYED: nothing, the target knows
    the idempotency key. ONCE: it must not be repeated without a person's word.
    """

    PURE = "pure"
    IDEMPOTENT = "idempotent"
    KEYED = "keyed"
    ONCE = "once"


class Kind(StrEnum):
    """What flows through a port; it decides the port's shape on the canvas."""

    ANY = "any"
    TEXT = "text"
    JSON = "json"
    LIST = "list"
    CONTROL = "control"
    FILE = "file"


class Group(StrEnum):
    """Where a type stands in the palette; the canvas colours by it."""

    TRIGGER = "Start"
    AI = "AI"
    DATA = "Data"
    LOGIC = "Logic"
    INTEGRATION = "Web"
    PEOPLE = "People"


class Config(BaseModel):
    """Settings of a step; unknown fields are refused, so that a typing error is found."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class Output(BaseModel):
    """What a step hands on."""

    model_config = ConfigDict(extra="forbid")


class AnyOutput(BaseModel):
    """What a step hands on when its shape is not known before it runs."""

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True)
class Port:
    """A named end of edges."""

    name: str
    label: str = ""
    kind: Kind = Kind.ANY


@dataclass(frozen=True)
class PortsOfConfig:
    """Ports that come from the config: one for each entry of the list at `each`.

    `name` and `label` are keys of an entry; renaming a label keeps the edges.
    """

    each: str
    name: str = "id"
    label: str = "label"
    kind: Kind = Kind.ANY
    always: tuple[str, ...] = ()  # ports beside the listed ones


@dataclass(frozen=True)
class Routed:
    """An output that leaves by a named port; edges from the others are skipped."""

    port: str
    output: JSON


@dataclass(frozen=True)
class Suspend:
    """Wait without holding anything: until a time, or until a person or a signal decides."""

    kind: str  # "delay", "approval" or "signal"
    until: str | None = None  # ISO 8601: when the delay ends, or there was no answer in time
    seconds: float | None = None
    data: JSONDict = field(default_factory=dict)


@dataclass(frozen=True)
class Spawn:
    """Run the steps inside this one in rounds, then ask this step again (`NodeContext.rounds`).

    A round for each of `items`, or one round where there is no list; `vars` are known in the rounds
    that this asks for. With `tolerant` a round that fails does not fail the step.
    """

    items: Sequence[JSON] | None = None
    vars: JSONDict = field(default_factory=dict)
    parallel: int = 1
    tolerant: bool = False


@dataclass(frozen=True)
class RoundsDone:
    """What the rounds that a step asked for have given.

    `results` in order, None for one that failed; `errors` of the failed ones, each with its
    `index`; `count` is how many rounds there were so far.
    """

    results: list[JSON]
    errors: list[JSONDict]
    count: int
    vars: JSONDict


class NodeError(Exception):
    """A step failed for a reason that its author can read.

    `hint` says what to do. A retryable error is tried again by the step's retry policy;
    `retry_after` is the target's own wish, in seconds.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        """Carry a stable code beside the words."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.retryable = retryable
        self.retry_after = retry_after


class Answer(Protocol):
    """A whole HTTP answer."""

    @property
    def status(self) -> int:
        """The status code."""

    @property
    def headers(self) -> dict[str, str]:
        """The headers, names in lower case."""

    @property
    def body(self) -> bytes:
        """The body as it came."""

    @property
    def url(self) -> str:
        """The address that answered, after redirects."""

    @property
    def text(self) -> str:
        """The body as text."""


class Request(Protocol):
    """The outbound client, as a step sees it."""

    def __call__(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: JSON = None,
        content: bytes | None = None,
        timeout_s: float = 30,
        credential: str = "",
    ) -> Awaitable[Answer]:
        """Make a request through the egress client.

        What the credential of this id holds is added there: a step never has it in hand. Where it
        cannot be had that is a NodeError.
        """


@dataclass
class NodeContext:
    """What a step may use while it runs; everything outside goes through here."""

    run_id: str
    node_id: str
    attempt: int
    idempotency_key: str
    run_input: JSONDict
    prev: JSON
    request: Request
    # Asks under the step's idempotency key and in its name; what fails is a NodeError.
    model: Callable[[CompletionRequest], Awaitable[Completion]]
    code: Callable[[str, JSONDict], Awaitable[CodeResult]]
    log: Callable[[str], None]
    decision: JSONDict | None = None  # what ended the wait, when the step runs on after it
    rounds: RoundsDone | None = None  # what lies inside the step gave, when it is asked again
    cost_usd: Decimal = Decimal(0)
    tokens: int = 0

    def spend(self, answer: Completion) -> None:
        """Add a model call to what the step has cost."""
        self.cost_usd += answer.cost_usd or 0
        self.tokens += sum(answer.usage.values())


CREDENTIAL = "credential"  # how the form of a field that names one is called

C = TypeVar("C", bound=Config)
O = TypeVar("O", bound=BaseModel)  # noqa: E741 - the output of a node
Result = BaseModel | Routed | Suspend | Spawn


class Node(ABC, Generic[C, O]):
    """A type of step. Subclasses say who they are in class attributes; the docstring is their help."""

    name: ClassVar[str]
    label: ClassVar[str]
    group: ClassVar[Group]
    icon: ClassVar[str]
    version: ClassVar[int] = 1
    effect: ClassVar[Effect] = Effect.IDEMPOTENT
    only_reads: ClassVar[bool] = False  # the world is as before, whatever a repeat costs
    reaches_out: ClassVar[bool] = False  # it calls services that others run
    asks_others: ClassVar[bool] = False  # people, a sender or another workflow, each time anew
    config: ClassVar[type[Config]]
    output: ClassVar[type[BaseModel]]
    inputs: ClassVar[tuple[Port, ...]] = (Port("in", "Input"),)
    outputs: ClassVar[tuple[Port, ...] | PortsOfConfig] = (Port("out", "Output"),)
    example: ClassVar[JSONDict]
    # Fields whose braces belong to the author's own language, such as source code.
    raw_fields: ClassVar[frozenset[str]] = frozenset()
    # Whether steps may lie inside it; `round_fields` are about a round of these, and are rendered
    # after each one, with its names.
    holds_steps: ClassVar[bool] = False
    round_fields: ClassVar[frozenset[str]] = frozenset()
    # Fields that may be empty only while the step is being written.
    needed: ClassVar[tuple[str, ...]] = ()
    # Why a step of this type may be drawn, but neither published nor run.
    unfinished: ClassVar[str] = ""

    @classmethod
    def effect_of(cls, config: C) -> Effect:
        """Return the effect of a step with this config."""
        return cls.effect

    @classmethod
    def reads(cls, config: C) -> bool:
        """Tell whether a step with this config only reads or computes: its result may be used again.

        That it may be repeated is not enough: what puts or deletes the same again acts on the world.
        """
        return cls.only_reads or cls.effect_of(config) == Effect.PURE

    @classmethod
    def foresee(cls, config: JSONDict) -> JSON:
        """Return what a step with this stored config gives, where that is plain from its texts.

        Expressions stay in it. The steps that follow are then rendered in the same go; None: the
        output is known only after the step.
        """
        return None

    @classmethod
    def upgrade(cls, config: JSONDict, from_version: int) -> JSONDict:
        """Return the config of an older version in today's form."""
        return config

    @abstractmethod
    async def run(self, config: C, context: NodeContext) -> Result:
        """Do the step. Raise NodeError to fail with a reason."""


def text_field(default: str = "", *, widget: str = "text", **options: Any) -> Any:
    """Return a field for text that may hold expressions."""
    extra: JsonDict = {"x-widget": widget, "x-expression": True}
    return PydanticField(default, json_schema_extra=extra, **options)


def value_field(default: Any = None, *, widget: str = "expression", **options: Any) -> Any:
    """Return a field for any JSON value, mostly the value of one expression."""
    extra: JsonDict = {"x-widget": widget, "x-expression": True}
    return PydanticField(default, json_schema_extra=extra, **options)


def credential_field() -> Any:
    """Return a field for the id of a credential; no expression may choose one."""
    extra: JsonDict = {"x-widget": CREDENTIAL, "format": CREDENTIAL}
    return PydanticField(
        "", max_length=64, pattern=r"^[^{}]*$", json_schema_extra=extra,
        description="It is sent along to the hosts it is for, and to no others.",
    )  # fmt: skip


def prompt_field(**options: Any) -> Any:
    """Return a field for long text with expressions, which people edit together by the letter."""
    extra: JsonDict = {"x-widget": "textarea", "x-expression": True, "x-text": True}
    return PydanticField("", json_schema_extra=extra, **options)
