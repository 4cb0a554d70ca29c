"""Services that tests of credentials have beside the product."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.credentials.sources import vault_kv
from tests.credentials.vault_server import VaultServer
from tests.factories.targets import Echo


@pytest.fixture
def vault(settings: Settings, echo: Echo) -> Iterator[VaultServer]:
    """Serve it beside the target that steps call."""
    made, allowed = VaultServer(), list(settings.EGRESS_ALLOW)
    vault_kv.forget()
    with made.served(settings):
        settings.EGRESS_ALLOW = [*allowed, made.origin]
        yield made
    vault_kv.forget()
