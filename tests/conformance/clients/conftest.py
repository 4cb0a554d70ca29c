"""The real product before a fake provider, for clients that know neither of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from tests.factories.prepared import prepared_folder
from tests.factories.product import Product
from tests.fakeai.server import SECRET, FakeProvider, serving

READY_S = 600
WISH_S = 7  # for which a provider that is busy asks to be left alone
# How each provider is asked: in chats, in Responses too, in Messages.
PROVIDERS: dict[str, dict[str, Any]] = {
    "Fake": {"kind": "openai_compatible", "base_url": "{url}"},
    "Native": {
        "kind": "openai_compatible", "base_url": "{url}",
        "capabilities": ["json_schema", "responses"],
    },
    "Claude": {"kind": "litellm", "litellm_provider": "anthropic", "base_url": "{origin}"},
}  # fmt: skip


class Yes(BaseModel):
    """What the fake answers where a schema is asked for."""

    answer: str


def is_wish(retry_after: str | None, *, of: str) -> bool:
    """Tell whether an error says when to come back, where its code is that of a limit of rates."""
    if of not in ("rate_limit_exceeded", "rate_limit_error"):
        return True
    return retry_after is not None and 0 < int(retry_after) <= WISH_S


@dataclass
class Gateway:
    """Where clients find it, the key that they show, and whom it asks for them."""

    origin: str
    key: str
    fake: FakeProvider

    @property
    def url(self) -> str:
        """The address that clients of OpenAI's take as their base."""
        return f"{self.origin}/v1"


@pytest.fixture(scope="package")
def served() -> Iterator[Gateway]:
    """One product for all clients, with the providers connected over its API."""
    with serving() as fake, prepared_folder() as folder:
        product = Product(folder, AUTERITY_EGRESS_ALLOW=fake.origin).start()
        if not product.says("Ctrl-C stops everything", seconds=READY_S):
            product.process.kill()
            pytest.fail(f"The product did not start:\n{product.output[-4000:]}")
        command = ("create_api_key", "--tenant", "demo", "--role", "owner", "--name", "Clients")
        gateway = Gateway(
            f"http://127.0.0.1:{product.port}", product.command(*command).split()[-1], fake
        )
        _connect(gateway)
        yield gateway
        product.stop()


@pytest.fixture
def gateway(served: Gateway) -> Gateway:
    """The same, with nothing asked yet."""
    served.fake.asked.clear()
    served.fake.left.clear()
    return served


def _connect(gateway: Gateway) -> None:
    for name, settings in PROVIDERS.items():
        base_url = settings["base_url"].format(url=gateway.fake.url, origin=gateway.fake.origin)
        answer = httpx.post(
            f"{gateway.origin}/api/v1/gateway/providers/",
            headers={"Authorization": f"Bearer {gateway.key}"},
            json={"name": name, "credential": SECRET, **settings, "base_url": base_url},
            timeout=60,
        )
        assert answer.status_code == 201, answer.text
