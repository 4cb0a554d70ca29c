"""`manage.py prepare`: what stands between a new version of the code and its first request."""

import json
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from apps.local.files import write_private
from apps.onboarding.demo import seed, sign_in_links


class Command(BaseCommand):
    """Migrate every schema, make the demo workspaces and write ways to sign in to them."""

    help = "Migrate, seed the demo workspaces, and write one-time sign-in links for them."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--links-only", action="store_true", help="the rest is done already")

    def handle(self, *args: Any, **options: Any) -> None:
        self.check(tags=["startup"])
        if not options["links_only"]:
            self.stdout.write("bringing the database up to date (a minute at the first start)")
            call_command("migrate_all")
            self.stdout.write("making the demo workspaces")
            seed()
            call_command("add_platform_providers", stdout=self.stdout)
        write_private(settings.DATA_DIR / "links.json", json.dumps(sign_in_links()))
