"""`manage.py create_workspace`: a workspace without the public sign-up, and a way in for its owner."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.links import sign_in_path
from apps.onboarding.services import create_workspace
from apps.tenants.addresses import workspace_url
from apps.tenants.context import tenant_context
from apps.tenants.services import SlugTaken


class Command(BaseCommand):
    """Make a workspace with its owner; the owner's sign-in link is the last word of the output."""

    help = "Make a workspace and print a one-time sign-in link for its owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="first part of its address")
        parser.add_argument("--name", help="the slug with a capital letter, when not given")
        parser.add_argument("--owner", help="e-mail address; owner@<slug>.example when not given")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["slug"]
        try:
            tenant, owner = create_workspace(
                name=options["name"] or slug.replace("-", " ").capitalize(),
                slug=slug,
                owner_email=options["owner"] or f"owner@{slug}.example",
                owner_name="Owner",
                password=None,
            )
        except (SlugTaken, ValidationError) as error:
            text = error.messages[0] if isinstance(error, ValidationError) else str(error)
            raise CommandError(f"{slug}: {text}") from error
        self.stderr.write(
            f"{tenant.name} is at {workspace_url(tenant)}. Its owner signs in once by:"
        )
        with tenant_context(tenant):
            self.stdout.write(workspace_url(tenant) + sign_in_path(owner))
