"""`manage.py migrate_all`: shared tables, template and every workspace."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.tenants.migrating import NotMigrated, migrate_all


class Command(BaseCommand):
    """Bring every schema up to date; safe to repeat and to resume."""

    help = "Migrate the shared tables, the template schema and every workspace, and renew grants."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = migrate_all(verbosity=int(options["verbosity"]) - 1)
        except NotMigrated as error:
            raise CommandError(f"Not up to date: {error}. The log says why.") from error
        self.stdout.write(f"Up to date; {len(done)} workspaces were not.")
