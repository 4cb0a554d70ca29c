"""What a route wants of its targets, and how far it goes to have a call answered."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.common.types import JSONDict
from apps.gateway.exceptions import BadRoute
from apps.gateway.guards.policy import Guards

CAPABILITIES = ("json_schema", "tools", "vision", "embeddings")
LONGEST_MS = 600_000
INTERACTIVE_MS = 2_000  # how long people wait for a first word, where a route names no other time

Capability = Annotated[str, Field(pattern=f"^({'|'.join(CAPABILITIES)})$")]
Region = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Amount = Annotated[Decimal, Field(gt=0, le=10_000, max_digits=12, decimal_places=8)]
Milliseconds = Annotated[int, Field(ge=50, le=LONGEST_MS)]


class Mending(StrEnum):
    """What happens when a stream breaks off after its first word."""

    OFF = "off"  # it ends with an error
    CONTINUE = "continue"  # the next target is asked to go on where it stopped
    RESTART = "restart"  # the next target answers from the beginning


class Prefer(StrEnum):
    """What decides among the targets that fit."""

    ORDER = "order"  # as the route says, and within an order weights and load
    COST = "cost"  # the cheapest in the end, the price of another attempt included


class Verify(StrEnum):
    """What becomes of answers that can be checked."""

    OFF = "off"
    WATCH = "watch"  # they are passed on as they come, and checked afterwards
    ESCALATE = "escalate"  # they are held; one that fails its check is asked of a stronger target


class Unverified(StrEnum):
    """What a call gets whose answers all fail their check."""

    ANSWER = "answer"  # the last one, marked
    ERROR = "error"


class Policy(BaseModel):
    """The rules of a route. What it demands of a target must be stated there.

    Limits of a call hold as well: the stricter of both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    capabilities: tuple[Capability, ...] = Field((), max_length=len(CAPABILITIES))
    min_context: int | None = Field(None, ge=1, le=100_000_000)
    regions: tuple[Region, ...] = Field((), max_length=20)
    quality_floor: float | None = Field(None, ge=0, le=1)
    max_cost_usd: Amount | None = None
    max_latency_ms: Milliseconds | None = None
    interactive: bool = False  # people wait for its first word
    max_ttft_ms: Milliseconds | None = None
    retries: int = Field(0, ge=0, le=2)  # how often all targets are gone through again
    hedge: bool = False
    mending: Mending = Mending.OFF
    prefer: Prefer = Prefer.ORDER
    verify: Verify = Verify.OFF
    unverified: Unverified = Unverified.ANSWER
    judge: str = Field("", max_length=264)  # the route, or provider/model, that is asked too
    judge_usd: Amount = Decimal("0.01")  # the most that one judgement may cost
    # The share of checked calls that ask another target first, to learn how it does.
    explore: float = Field(0.02, ge=0, le=0.2)
    guards: Guards | None = None  # None: those of the workspace

    @classmethod
    def of(cls, settings: JSONDict) -> Self:
        """Return the policy that settings say. Raises BadRoute naming what makes no sense."""
        try:
            return cls.model_validate(settings)
        except ValidationError as error:
            errors = [
                {
                    "field": ".".join(("policy", *(str(each) for each in entry["loc"]))),
                    "message": f"{entry['msg']}.",
                    "code": "invalid",
                }
                for entry in error.errors()
            ]
            raise BadRoute("The policy makes no sense like this.", errors=errors) from None

    @property
    def first_word_ms(self) -> int | None:
        """Within which time a stream's first word has to come; None where nobody waits for it."""
        return self.max_ttft_ms or (INTERACTIVE_MS if self.interactive else None)

    def settings(self) -> JSONDict:
        """Return what differs from the default, as it is stored."""
        return self.model_dump(mode="json", exclude_defaults=True)


DEFAULT = Policy()
