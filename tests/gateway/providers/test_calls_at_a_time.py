"""How many calls a provider takes at a time: one or more, or as many as come."""

import pytest
from django.db import IntegrityError, connection
from django.db.migrations.loader import MigrationLoader

from apps.gateway.models import Provider
from apps.tenants.context import maintenance
from apps.tenants.models import Tenant

pytestmark = pytest.mark.django_db(transaction=True)
APP, BEFORE, OWN = (
    "gateway",
    "0023_cover_costs_of_days",
    "0024_ask_for_a_call_at_a_time",
)


def test_none_at_all_is_no_limit_that_the_database_takes(alpha: Tenant) -> None:
    with pytest.raises(IntegrityError, match="gateway_provider_has_calls"):
        Provider.objects.update(max_calls=0)
    Provider.objects.update(max_calls=1)
    Provider.objects.update(max_calls=None)


def test_limits_from_before_that_let_nobody_through_are_lifted(alpha: Tenant) -> None:
    loader = MigrationLoader(connection)
    migration = loader.get_migration(APP, OWN)
    state = loader.project_state((APP, BEFORE))
    none_at_all, _ = _two_providers()
    with maintenance(alpha.schema_name):
        with connection.schema_editor() as editor:
            migration.unapply(state.clone(), editor)
        Provider.objects.filter(pk=none_at_all.pk).update(max_calls=0)
        with connection.schema_editor() as editor:
            migration.apply(state.clone(), editor)
    kept = dict(Provider.objects.values_list("slug", "max_calls"))
    assert (kept["none"], kept["two"]) == (None, 2)
    with pytest.raises(IntegrityError, match="gateway_provider_has_calls"):
        Provider.objects.update(max_calls=0)


def _two_providers() -> tuple[Provider, Provider]:
    make = Provider.objects.create
    return make(slug="none", name="None"), make(slug="two", name="Two", max_calls=2)
