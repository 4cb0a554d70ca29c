"""`manage.py up`: the whole product in the foreground, or one role of it.

It lives as long as the product, so manage.py runs it without loading Django's apps.
"""

import os
import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.local.roles import ROLES, role
from apps.local.supervisor import CannotStart, Plan, Supervisor, check_port


class Command(BaseCommand):
    """Run web, worker and, unless they are given, PostgreSQL and Redis."""

    help = "Run Auterity here until Ctrl-C; with --only, one role beside services that run already."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", choices=ROLES)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            code = _become(options["only"]) if options["only"] else Supervisor(_plan()).run()
        except (CannotStart, RuntimeError, OSError, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        if code:
            raise SystemExit(code)


def _plan() -> Plan:
    database = settings.DATABASES["default"]
    return Plan(
        data=settings.DATA_DIR,
        port=settings.PORT,
        bind=settings.BIND,
        domain=settings.BASE_DOMAIN,
        given=settings.SERVICES_GIVEN,
        database=":".join(database[key] for key in ("HOST", "PORT", "NAME")),
    )


def _become(name: str) -> int:
    """Turn this process into the role's: whoever started it watches it and sends it signals."""
    if name == "web":
        check_port(settings.PORT)
    command = role(name, bind=settings.BIND, port=settings.PORT).command
    sys.stdout.flush()
    os.execv(command[0], command)  # noqa: S606 - our own command
