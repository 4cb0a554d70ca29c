"""What is set of each kind of trigger. A secret is never part of it."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Self
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from apps.common.types import JSONDict
from apps.nodes.moments import next_fire_time

MIN_INTERVAL_S, MAX_INTERVAL_S = 10, 366 * 86_400
MAX_INPUTS = 50
# Narrower than HTTP: these texts become part of commands that people copy into a shell.
HEADER_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
PREFIX = r"^[A-Za-z0-9 =:._-]{0,40}$"
PAYLOAD = r"^[A-Za-z0-9 =:._{}|-]{0,80}$"
OTHER_NAME = r"\{(?!(body|timestamp|id)\})"
SEPARATED = r"(?:^|(?<=[.:| ]))\{id\}(?=[.:| ]|$)"
TYPE_NAME = r"^[A-Za-z0-9!#$&^_.+-]{0,60}$"
POINTER = r"^(/([^/~]|~[01])*)+$"
# Never handed on to a workflow or kept, whatever the config asks for.
PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization", "set-cookie"})
Header = Annotated[str, StringConstraints(pattern=HEADER_NAME, to_lower=True)]
MaybeHeader = Annotated[str, StringConstraints(pattern=rf"{HEADER_NAME}|^$", to_lower=True)]


class Settings(BaseModel):
    """The base of all configs: unknown names are refused, so that a typing error is found."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class Misfire(StrEnum):
    """What becomes of fire times that nobody was there for."""

    SKIP = "skip"
    ONCE = "once"  # one run for all of them
    ALL = "all"


class Overlap(StrEnum):
    """What happens when the run before is still going on."""

    ALLOW = "allow"
    SKIP = "skip"
    QUEUE = "queue"
    CANCEL_PREVIOUS = "cancel_previous"


class ScheduleConfig(Settings):
    """When a schedule fires: by cron, at an interval, or once."""

    cron: str = Field("", max_length=200, description="Minute, hour, day, month, day of week.")
    every_s: int | None = Field(None, ge=MIN_INTERVAL_S, le=MAX_INTERVAL_S)
    at: datetime | None = None
    time_zone: str = Field("UTC", max_length=64, description="The zone in which cron is read.")
    misfire: Misfire = Misfire.ONCE
    grace_s: int = Field(60, ge=5, le=86_400, description="How late a run is still on time.")
    overlap: Overlap = Overlap.SKIP
    jitter_s: int = Field(0, ge=0, le=3600, description="Spread starts over so many seconds.")
    inputs: JSONDict = Field(default_factory=dict, max_length=MAX_INPUTS)

    @field_validator("cron")
    @classmethod
    def cron_is_one(cls, text: str) -> str:
        text = " ".join(text.split())
        if text:
            next_fire_time(text, "UTC", datetime(2026, 1, 1, tzinfo=UTC))
        return text

    @field_validator("time_zone")
    @classmethod
    def zone_is_known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("Use a name such as Europe/Berlin.")
        return name

    @field_validator("at")
    @classmethod
    def moment_is_exact(cls, at: datetime | None) -> datetime | None:
        if at is not None and at.tzinfo is None:
            raise ValueError("Say the zone too, such as 2026-01-31T08:30:00Z.")
        return at and at.astimezone(UTC)

    @model_validator(mode="after")
    def one_rule(self) -> Self:
        if sum(map(bool, (self.cron, self.every_s, self.at))) != 1:
            raise ValueError("Give exactly one of cron, every_s and at.")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.time_zone)


class Auth(StrEnum):
    """How a sender shows that it may call a webhook."""

    NONE = "none"
    HEADER = "header"
    HMAC = "hmac"
    JWT = "jwt"


class AuthConfig(Settings):
    """How senders authenticate; the secret that it takes is kept apart, encrypted."""

    kind: Auth = Auth.NONE
    header: MaybeHeader = Field("", description="Where it is sent.")
    prefix: str = Field("", pattern=PREFIX, description="What stands before it, such as sha256=.")
    algorithm: Literal["sha256", "sha1", "sha512", "HS256", "RS256"] | None = None
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_header: MaybeHeader = ""
    payload: str = Field(
        "",
        pattern=PAYLOAD,
        description="What is signed, such as {id}.{timestamp}.{body}; {id} is that of `dedupe_header`.",
    )
    audience: str = Field(
        "", max_length=300, description="For whom a token is; needed where tokens are taken."
    )
    token_type: str = Field(
        "",
        pattern=TYPE_NAME,
        description="What a token's `typ` says, such as at+jwt; empty: JWT, or nothing.",
    )
    issuer: str = Field("", max_length=300)

    @model_validator(mode="after")
    def fitting(self) -> Self:
        if self.kind is not Auth.NONE and not self.header:
            self.header = {"jwt": "authorization", "hmac": "x-signature"}.get(
                self.kind, "x-api-key"
            )
        if self.kind is Auth.HMAC:
            self._check_signature()
        if self.kind is Auth.JWT:
            self.algorithm = self.algorithm or "HS256"
            if self.algorithm not in ("HS256", "RS256"):
                raise ValueError("A JWT is signed with HS256 or RS256.")
        return self

    def _check_signature(self) -> None:
        self.algorithm = self.algorithm or "sha256"
        if self.algorithm not in ("sha256", "sha1", "sha512"):
            raise ValueError("A signature is made with sha256, sha1 or sha512.")
        self.payload = self.payload or ("{timestamp}.{body}" if self.timestamp_header else "{body}")
        if self.payload.count("{body}") != 1 or re.search(OTHER_NAME, self.payload):
            raise ValueError(
                "What is signed holds {body} once, and {timestamp} and {id} where there are such."
            )
        if len(re.findall(r"\{id\}", self.payload)) != len(re.findall(SEPARATED, self.payload)):
            raise ValueError("Separate {id} from the rest by a dot, a colon, a bar or a blank.")
        if ("{timestamp}" in self.payload) != bool(self.timestamp_header):
            raise ValueError("A timestamp protects only where it is signed: name header and place.")

    @property
    def needs_secret(self) -> bool:
        """Whether nobody gets in while no secret is set."""
        return self.kind is not Auth.NONE


class AnswerMode(StrEnum):
    """What the sender is told, and when."""

    NOW = "now"  # 202 with the run's id
    LAST = "last"  # the run's outputs when it is over
    RESPOND = "respond"  # what the Respond step says
    STREAM = "stream"  # events while it goes on


Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class WebhookConfig(Settings):
    """How a webhook is called, and what it answers."""

    methods: list[Method] = Field(["POST"], min_length=1, max_length=5)
    auth: AuthConfig = Field(default_factory=AuthConfig)
    input: Literal["request", "body"] = "request"
    headers: list[Header] = Field(["content-type", "user-agent"], max_length=30)
    dedupe_header: MaybeHeader = ""
    dedupe_pointer: str = Field("", max_length=200, description="JSON Pointer, such as /event/id.")
    answer: AnswerMode = AnswerMode.NOW
    wait_s: int = Field(30, ge=1, le=60)
    rate_per_minute: int = Field(6_000, ge=1, le=100_000)
    max_waiting: int = Field(50, ge=1, le=250)
    max_body_kib: int = Field(1024, ge=1, le=4096)

    @field_validator("headers")
    @classmethod
    def nothing_private(cls, names: list[str]) -> list[str]:
        if private := PRIVATE_HEADERS & set(names):
            raise ValueError(f"{', '.join(sorted(private))} cannot be handed on.")
        return list(dict.fromkeys(names))

    @field_validator("dedupe_pointer")
    @classmethod
    def pointer_is_one(cls, text: str) -> str:
        if text and not re.match(POINTER, text):
            raise ValueError("Write a JSON Pointer, such as /event/id.")
        return text

    @model_validator(mode="after")
    def one_key(self) -> Self:
        if self.dedupe_header and self.dedupe_pointer:
            raise ValueError("Take the key from a header or from the body, not from both.")
        if "{id}" in self.auth.payload and not self.dedupe_header:
            raise ValueError("{id} is the event id in a header: name that header.")
        return self

    @property
    def is_open(self) -> bool:
        """Whether anybody who knows the address may call."""
        return self.auth.kind is Auth.NONE

    @property
    def tells_repeats(self) -> bool:
        """Whether calls have ids, by which a repeat is known."""
        return bool(self.dedupe_header or self.dedupe_pointer)

    @property
    def trusts_header(self) -> bool:
        """Whether an event id in a header is the sender's: a signature may leave it to anybody.

        Who overheard a signed call could send it again under other ids, or have a later event
        taken for a repeat.
        """
        return self.auth.kind is not Auth.HMAC or "{id}" in self.auth.payload


EVENTS = {
    "run.succeeded": "A run succeeded",
    "run.failed": "A run failed",
    "run.timed_out": "A run took too long",
    "run.cancelled": "A run was cancelled",
    "run.needs_attention": "A run needs a person",
    "approval.requested": "An approval is asked for",
    "approval.due": "An approval is still open when a reminder or the escalation is due",
    "approval.decided": "An approval was decided",
    "approval.expired": "An approval expired",
    "workflow.changed": "A draft was changed, once the changes rest",
    "service.opened": "A service keeps failing, for whatever workflow",
    "service.recovered": "A service answers again",
}
EventName = Literal[
    "run.succeeded", "run.failed", "run.timed_out", "run.cancelled", "run.needs_attention",
    "approval.requested", "approval.due", "approval.decided", "approval.expired",
    "workflow.changed", "service.opened", "service.recovered",
]  # fmt: skip


class EventConfig(Settings):
    """What has to happen, and where: in some workflows, in a folder, or anywhere."""

    events: list[EventName] = Field(min_length=1, max_length=len(EVENTS))
    workflows: list[UUID] = Field(default_factory=list, max_length=100)
    folder: UUID | None = None


Config = ScheduleConfig | WebhookConfig | EventConfig
CONFIGS: dict[str, type[Config]] = {
    "schedule": ScheduleConfig,
    "webhook": WebhookConfig,
    "event": EventConfig,
}


def stored(config: Config) -> dict[str, Any]:
    """Return a config as it is kept in a row."""
    return config.model_dump(mode="json")
