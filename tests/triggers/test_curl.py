"""Commands that people copy: what they say, and that nothing in them is the shell's."""

from typing import Any

import pytest

from apps.triggers.configs import WebhookConfig
from apps.triggers.curl import curl

URL = "https://demo.example/hooks/orders"


def command(**config: Any) -> str:
    return curl(WebhookConfig.model_validate(config), URL)


def test_an_open_webhook() -> None:
    assert command() == "\n".join(
        [
            "BODY='{\"order\": 7}'",
            f"curl -X POST '{URL}' \\",
            "  -H 'Content-Type: application/json' \\",
            '  -d "$BODY"',
        ]
    )
    assert command(methods=["GET"]) == f"curl -X GET '{URL}'"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"auth": {"kind": "header", "prefix": "Token "}}, 'x-api-key: Token $SECRET"'),
        ({"auth": {"kind": "jwt"}}, 'authorization: Bearer $TOKEN"'),
        ({"auth": {"kind": "hmac", "prefix": "sha256="}}, "sha256=$(printf '%s' \"$BODY\" | openssl dgst -sha256"),
        ({"auth": {"kind": "hmac", "encoding": "base64"}}, "-binary | base64 -w 0"),
        ({"auth": {"kind": "hmac", "timestamp_header": "x-time"}}, 'printf \'%s\' "$NOW.$BODY"'),
        ({"dedupe_header": "x-event"}, "x-event: event-1"),
        ({"auth": {"kind": "hmac", "payload": "{id}.{body}"}, "dedupe_header": "x-id"}, "\"event-1.$BODY\""),
        ({"answer": "stream"}, "--no-buffer"),
    ],
)  # fmt: skip
def test_it_shows_what_a_call_needs(config: dict[str, Any], expected: str) -> None:
    assert expected in command(**config)
