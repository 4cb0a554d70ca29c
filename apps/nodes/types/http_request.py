"""Calls to the web."""

import json
from typing import Any, Literal

from pydantic import Field

from apps.common.moments import seconds_of
from apps.egress.exceptions import EgressError
from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    NodeError,
    Output,
    credential_field,
    text_field,
    value_field,
)
from apps.nodes.registry import register

READING = frozenset({"GET", "HEAD", "OPTIONS"})
REPEATABLE = READING | {"PUT", "DELETE"}
RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


class HttpConfig(Config):
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    url: str = text_field(title="URL", description="Address that starts with http:// or https://.")
    credential: str = credential_field()
    query: dict[str, Any] = value_field({}, widget="key-value")
    headers: dict[str, Any] = value_field({}, widget="key-value")
    body: Any = value_field(None, description="A text is sent as it is, anything else as JSON.")
    timeout_s: float = Field(30, gt=0, le=600, title="Timeout", json_schema_extra={"x-unit": "s"})
    idempotency_header: bool = Field(
        False,
        title="Send Idempotency-Key",
        description="Only where the target honours it: a repeat after a crash is then safe.",
    )
    fail_on_error: bool = Field(True, title="Fail on status 400 and above")


class HttpOutput(Output):
    status: int
    headers: dict[str, str]
    body: Any


@register
class HttpRequest(Node[HttpConfig, HttpOutput]):
    """Call an address on the web and hand its answer on; JSON is parsed.

    Only public addresses can be reached. GET, PUT and DELETE may be repeated after a crash; a POST
    without an idempotency key is never repeated without a person's word.
    """

    name, label, group, icon = "http.request", "HTTP request", Group.INTEGRATION, "globe"
    config, output, reaches_out = HttpConfig, HttpOutput, True
    needed = ("url",)
    example = {"method": "GET", "url": "https://example.com/{{ input.path }}"}

    @classmethod
    def effect_of(cls, config: HttpConfig) -> Effect:
        if config.idempotency_header:
            return Effect.KEYED
        return Effect.IDEMPOTENT if config.method in REPEATABLE else Effect.ONCE

    @classmethod
    def reads(cls, config: HttpConfig) -> bool:
        return config.method in READING and not config.idempotency_header

    async def run(self, config: HttpConfig, context: NodeContext) -> HttpOutput:
        headers = {name: str(value) for name, value in config.headers.items()}
        if config.idempotency_header:
            headers["Idempotency-Key"] = context.idempotency_key
        try:
            answer = await context.request(
                config.method,
                config.url,
                headers=headers,
                params={name: str(value) for name, value in config.query.items()},
                json=None if isinstance(config.body, str) else config.body,
                content=config.body.encode() if isinstance(config.body, str) else None,
                timeout_s=config.timeout_s,
                credential=config.credential,
            )
        except EgressError as error:
            raise NodeError(
                error.code,
                str(error),
                retryable=error.retryable,
                retry_after=error.retry_after,
                hint=error.hint,
            ) from error
        if config.fail_on_error and answer.status >= 400:
            raise _refusal(answer.status, answer.headers, answer.text, answer.url)
        return HttpOutput(
            status=answer.status, headers=answer.headers, body=_parsed(answer.text, answer.headers)
        )


def _refusal(status: int, headers: dict[str, str], text: str, url: str) -> NodeError:
    host = url.split("/")[2]
    return NodeError(
        f"http_{status}",
        f"HTTP {status} from {host}: {text[:300].strip() or 'no body'}",
        hint="Look at the answer of the target; the earlier steps are not repeated when you run from here.",
        retryable=status in RETRYABLE,
        retry_after=seconds_of(headers.get("retry-after", "")),
    )


def _parsed(text: str, headers: dict[str, str]) -> Any:
    if "json" not in headers.get("content-type", ""):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
