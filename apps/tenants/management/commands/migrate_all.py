"""`manage.py migrate_all`: shared tables, template and every workspace."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.tenants.services import migrate_all


class Command(BaseCommand):
    """Bring every schema up to date; safe to repeat and to resume."""

    help = "Migrate the shared tables, the template schema and every workspace, and renew grants."

    def handle(self, *args: Any, **options: Any) -> None:
        migrate_all(verbosity=int(options["verbosity"]) - 1)
