"""A workspace of one's own, for what ends one."""

from collections.abc import Iterator

import pytest

from apps.accounts.models import User
from apps.onboarding.services import create_workspace
from apps.operators.models import Deletion
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from apps.tenants.services import drop_tenant

SLUG = "omega"


@pytest.fixture
def omega(transactional_db: None) -> Iterator[tuple[Tenant, User]]:
    """A workspace that may be deleted, with its owner; what is left of it goes afterwards."""
    made = create_workspace(
        name="Omega", slug=SLUG, owner_email="olga@omega.example", owner_name="Olga",
        password="correct horse 7",
    )  # fmt: skip
    yield made
    with public_scope():
        left = Tenant.objects.filter(slug=SLUG).first()
        if left is not None:
            drop_tenant(left)
        Deletion.objects.all().delete()
