"""What all stories share: who is there."""

import pytest

from apps.accounts.models import User
from apps.tenants.models import Tenant
from tests.simulation.story import Cast, cast_of


@pytest.fixture
def cast(alpha: Tenant, alice: User) -> Cast:
    """Return who is there in every story."""
    return cast_of(alpha, alice)
