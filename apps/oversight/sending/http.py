"""Sending a body by HTTP: what is not a 2xx did not arrive."""

from collections.abc import Mapping

from apps.common.moments import seconds_of
from apps.dispatch import loop
from apps.egress import client
from apps.oversight.exceptions import NotDelivered

PATIENCE_S = 20.0
MOST_ANSWER = 64 << 10


def put(method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
    """Send it. Raises NotDelivered, EgressError; redirects are not followed."""
    answer = loop.submit(
        client.request(
            method, url, headers=headers, content=body, timeout_s=PATIENCE_S, max_bytes=MOST_ANSWER,
            follow_redirects=False,
        )
    ).result()  # fmt: skip
    if not 200 <= answer.status < 300:
        wait = seconds_of(answer.headers.get("retry-after", ""))
        raise NotDelivered(f"It answered {answer.status}.", retry_after=wait)
