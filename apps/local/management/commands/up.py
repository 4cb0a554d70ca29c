"""`manage.py up`: the whole product in the foreground, or one role of it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.local.supervisor import ROLES, CannotStart, Plan, Supervisor


class Command(BaseCommand):
    """Run web, worker, beat and, unless they are given, PostgreSQL and Redis."""

    help = "Run Auterity here until Ctrl-C; with --only, one role beside services that run already."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=ROLES)

    def handle(self, *args: Any, **options: Any) -> None:
        only = options["only"]
        plan = Plan(
            data=settings.DATA_DIR,
            port=settings.PORT,
            bind=settings.BIND,
            domain=settings.BASE_DOMAIN,
            given=settings.SERVICES_GIVEN,
            allow=settings.EGRESS_ALLOW,
            roles=(only,) if only else ROLES,
        )
        try:
            code = Supervisor(plan).run()
        except (CannotStart, RuntimeError, PermissionError) as error:
            raise CommandError(str(error)) from error
        if code:
            raise SystemExit(code)
