"""What an upstream's refusal means, in our words."""

import json
import re
from http import HTTPStatus

from apps.common.moments import seconds_of
from apps.common.types import JSON
from apps.egress.exceptions import EgressDenied, EgressError, EgressInvalid, EgressTimeout
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import (
    AddressDenied,
    AnswerCut,
    ContextTooLong,
    GatewayError,
    KeyRefused,
    ModelWithheld,
    NotAnAnswer,
    ProviderBusy,
    ProviderFailed,
    ProviderRejected,
    ProviderTimedOut,
    ProviderUnreachable,
    Told,
)

MAX_WORDS = 300
LONGEST_WAIT_S = 3600
# What providers that know no code for it say when a prompt is longer than the model's context.
LONG_CONTEXT = re.compile(
    r"maximum context|context (?:length|window|size|limit)|too many tokens|prompt is too long"
    r"|exceeds the maximum number of tokens",
    re.I,
)
TOO_LONG, NO_MONEY = "context_length_exceeded", "insufficient_quota"
WORD = re.compile(r"[\w.\[\]-]{1,80}")
BY_STATUS: dict[int, type[GatewayError]] = {
    HTTPStatus.UNAUTHORIZED: KeyRefused,
    HTTPStatus.PAYMENT_REQUIRED: ProviderBusy,
    HTTPStatus.FORBIDDEN: ModelWithheld,
    HTTPStatus.NOT_FOUND: ModelWithheld,
    HTTPStatus.REQUEST_TIMEOUT: ProviderTimedOut,
    HTTPStatus.TOO_MANY_REQUESTS: ProviderBusy,
}


def of_status(status: int, body: str, upstream: Upstream, *, retry_after: str = "") -> GatewayError:
    """Return the error for an answer that is not a success."""
    kind = BY_STATUS.get(status)
    if kind is None:
        kind = ProviderFailed if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ProviderRejected
    if status < HTTPStatus.BAD_REQUEST:
        return NotAnAnswer(f"{upstream.provider} answered {status} instead of a completion.")
    said, told = quoted(words_of(body), upstream), told_in(status, body)
    if kind is ProviderRejected and told.code == TOO_LONG:
        kind = ContextTooLong
    return kind(
        f"{upstream.provider} answered {status}{said}",
        retry_after=seconds(retry_after), told=told,
    )  # fmt: skip


def of_egress(error: EgressError, upstream: Upstream, *, heard: bool) -> GatewayError:
    """Return the error for a connection that failed; `heard` if it did so amid the answer."""
    if isinstance(error, EgressDenied | EgressInvalid):
        return AddressDenied(str(error))
    if isinstance(error, EgressTimeout):
        return ProviderTimedOut(f"{upstream.provider} did not finish in time.")
    if heard:
        return AnswerCut(f"{upstream.provider} broke off in the middle of its answer.")
    return ProviderUnreachable(str(error))


def late(upstream: Upstream, *, heard: bool) -> ProviderTimedOut:
    """Return the error for an upstream that went silent."""
    patience = upstream.patience
    if heard:
        silence = f"went silent for {patience.between_s:g} s in the middle of its answer"
    else:
        silence = f"said nothing within {patience.first_token_s:g} s"
    return ProviderTimedOut(f"{upstream.provider} {silence}.")


def quoted(words: str, upstream: Upstream) -> str:
    """Return what the upstream said as the end of a sentence; a key that it repeats is removed."""
    if upstream.key:
        words = words.replace(upstream.key, "…")
    words = " ".join(words.split())[:MAX_WORDS].rstrip(".")
    return f": {words}." if words else "."


def words_of(body: str) -> str:
    """Return the message of an error body, whichever of the usual forms it has."""
    try:
        return message_in(json.loads(body))
    except ValueError:
        return "" if "<" in body[:200] else body


def told_in(status: int, body: str) -> Told:
    """Return how an error body names the error; only short words of it, as they are passed on."""
    if status == HTTPStatus.PAYMENT_REQUIRED:  # whatever its words, it means this
        return Told(status, NO_MONEY, code=NO_MONEY)
    try:
        data = json.loads(body)
    except ValueError:
        return Told(status)
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return Told(status)
    kind, param, code = (_word(error.get(name)) for name in ("type", "param", "code"))
    if not code and LONG_CONTEXT.search(words_of(body)):
        code = TOO_LONG
    return Told(status, kind, param, code)


def _word(value: JSON) -> str:
    """Return a short word as it is, and nothing of what is none."""
    return value if isinstance(value, str) and WORD.fullmatch(value) else ""


def message_in(data: JSON) -> str:
    """Return the message of a parsed error."""
    if isinstance(data, list) and data:
        data = data[0]
    if not isinstance(data, dict):
        return data if isinstance(data, str) else ""
    for name in ("error", "message", "detail"):
        if found := data.get(name):
            return message_in(found)
    return ""


def seconds(header: str) -> float | None:
    """Return how long a Retry-After header asks us to wait, within reason."""
    wish = seconds_of(header)
    return None if wish is None else min(wish, LONGEST_WAIT_S)
