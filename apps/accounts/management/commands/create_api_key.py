"""`manage.py create_api_key`: a key for a script, printed as the last word."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.exceptions import UnknownRole
from apps.accounts.services import create_service_key
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant


class Command(BaseCommand):
    """Make an API key that acts as a service account of its own."""

    help = "Make an API key of a workspace; the key is the last word of the output."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, help="slug of the workspace")
        parser.add_argument("--role", default="builder", help="the most that the key may do")
        parser.add_argument("--name", required=True, help="what the key is for")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no workspace {options['tenant']!r}.")
        with tenant_context(tenant):
            try:
                key, text = create_service_key(
                    name=options["name"], role=options["role"], actor=None
                )
            except UnknownRole as error:
                raise CommandError(str(error)) from error
        self.stderr.write(f"Made {key.name} in {tenant.name}. It is shown only once:")
        self.stdout.write(text)
