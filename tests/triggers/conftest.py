"""What tests of webhooks share: somebody who calls them."""

import pytest

from apps.accounts.models import User
from apps.tenants.models import Tenant
from apps.triggers.models import Trigger
from tests.factories.callers import Caller
from tests.factories.triggers import trigger


@pytest.fixture
def caller(alpha: Tenant) -> Caller:
    """A stranger who knows the address of Alpha's webhooks."""
    return Caller()


@pytest.fixture
def hook(bob: User) -> Trigger:
    """A webhook that answers at once, at `/hooks/orders`."""
    return trigger(bob, "webhook", {"methods": ["POST", "GET"]}, path="orders")
