"""`manage.py verify_evidence FILE`: is a pack of evidence still as it was written, and by whom?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.common.types import JSONDict
from apps.evidence.checking import check
from apps.evidence.sections.closing import CONTEXT
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.vault.signing import Signatures


class Command(BaseCommand):
    """Check a pack; fails when it is not as it was written.

    The signature is compared with the keys of the workspace that the pack names. Elsewhere than at the
    installation that wrote it `--foreign` checks it by the key in the pack, which is printed to be compared.
    """

    help = "Verify a pack of evidence: its files, its signature and the chain of its audit trail."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the pack, a ZIP")
        parser.add_argument(
            "--foreign", action="store_true", help="written by another installation"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = check(options["file"], None if options["foreign"] else fits_workspace)
        for wrong in found.wrong:
            self.stderr.write(wrong)
        if found.wrong:
            raise CommandError("The pack is not as it was written.")
        period = found.manifest["period"]
        self.stdout.write(
            f"{found.manifest['workspace']}, {period['since']} until {period['until']}: {found.files} files and {found.entries} entries of the trail are as they were written."
        )
        if not found.manifest["trail_holds"]:
            self.stdout.write("The trail itself did not hold when it was written: see audit/chain.json.")  # fmt: skip
        if options["foreign"]:
            self.stdout.write(f"Compare the key by hand: {found.public_key}")


def fits_workspace(manifest: JSONDict, message: bytes, signature: str) -> bool:
    """Tell whether a signature is that of the workspace that a manifest names."""
    with public_scope():
        tenant = Tenant.objects.filter(slug=str(manifest.get("workspace", ""))).first()
    if tenant is None:
        return False
    with tenant_context(tenant):
        return Signatures(CONTEXT).fits(message, signature)
