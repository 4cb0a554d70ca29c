"""What tests of webhooks share: somebody who calls them."""

import pytest

from apps.tenants.models import Tenant
from tests.factories.callers import Caller


@pytest.fixture
def caller(alpha: Tenant) -> Caller:
    """A stranger who knows the address of Alpha's webhooks."""
    return Caller()
