"""`manage.py with_services -- <command>`: run a command beside fresh embedded services."""

import os
import subprocess
import sys
from argparse import REMAINDER
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.local.postgres import Postgres
from apps.local.redis import Redis
from apps.local.temporary import temporary_folder


class Command(BaseCommand):
    """Start PostgreSQL and Redis in a temporary folder, run the command, stop them again."""

    help = "Run a command with DATABASE_URL and REDIS_URL of services that live as long as it."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("command", nargs=REMAINDER)

    def handle(self, *args: Any, **options: Any) -> None:
        command = [part for part in options["command"] if part != "--"]
        with temporary_folder() as folder:
            postgres = Postgres(folder, durable=False)
            redis = Redis(folder, durable=False)
            children = [postgres.start(), redis.start()]
            env = {
                "DATABASE_URL": postgres.url,
                "REDIS_URL": redis.url,
                "AUTERITY_DATA": str(folder),
            }
            try:
                code = subprocess.run(command, env={**os.environ, **env}, check=False).returncode  # noqa: S603
            finally:
                for child in reversed(children):
                    child.stop(20)
        sys.exit(code)
