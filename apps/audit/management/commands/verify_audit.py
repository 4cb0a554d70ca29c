"""`manage.py verify_audit`: is the audit trail still as it was written?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.audit.checking import verify
from apps.tenants.context import PUBLIC, public_scope, tenant_context
from apps.tenants.models import Tenant


class Command(BaseCommand):
    """Walk along the chain of one workspace or of all; fails when one does not hold.

    The checkpoint that is printed can be noted elsewhere and given back later as `--kept`: then also
    a trail that was rolled back as a whole is found.
    """

    help = "Verify the hash chains of the audit trails, of all workspaces and of the platform."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="slug of one workspace")
        parser.add_argument("--kept", default="", help="a checkpoint noted before, number:hash")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["kept"] and not options["tenant"]:
            raise CommandError("A checkpoint belongs to one workspace: name it with --tenant.")
        tenants = Tenant.objects.order_by("slug")
        if options["tenant"]:
            tenants = tenants.filter(slug=options["tenant"])
            if not tenants:
                raise CommandError(f"There is no workspace {options['tenant']!r}.")
        broken = [tenant.slug for tenant in tenants if not self._in(tenant, options["kept"])]
        if not options["tenant"]:
            with public_scope():
                broken += [] if self._holds(PUBLIC) else [PUBLIC]
        if broken:
            raise CommandError(f"Broken: {', '.join(broken)}.")

    def _in(self, tenant: Tenant, kept: str) -> bool:
        with tenant_context(tenant):
            return self._holds(tenant.slug, kept)

    def _holds(self, name: str, kept: str = "") -> bool:
        verdict = verify(kept)
        until = f" of {verdict.until:%Y-%m-%d %H:%M:%S} UTC" if verdict.until else ""
        intact = f"intact up to {verdict.last}{until}" if verdict.last else "nothing is linked"
        self.stdout.write(f"{name}: {intact}. {verdict.wrong}".rstrip())
        return not verdict.wrong
