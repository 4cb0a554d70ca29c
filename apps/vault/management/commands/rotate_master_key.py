"""`manage.py rotate_master_key`: have all data keys wrapped by the first master key of the list."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import rewrap


class Command(BaseCommand):
    """Wraps the data keys of every workspace and of the platform. Repeating it changes nothing."""

    help = "Wraps all data keys with the first key of AUTERITY_MASTER_KEY; the others may then go."

    def handle(self, *args: Any, **options: Any) -> None:
        """Wrap, schema by schema, and say how many keys there were."""
        with public_scope():
            tenants = list(Tenant.objects.order_by("schema_name"))
            count = self._rewrapped("the platform")
        for tenant in tenants:
            with tenant_context(tenant):
                count += self._rewrapped(tenant.slug)
        self.stdout.write(f"{count} data keys are wrapped anew. The older master keys may go.")

    def _rewrapped(self, place: str) -> int:
        try:
            return rewrap()
        except CannotUnseal as error:
            raise CommandError(
                f"A data key of {place} was wrapped by a master key that AUTERITY_MASTER_KEY does "
                "not hold. Add it at the end of the list, after a comma, and repeat this."
            ) from error
