"""`manage.py carry_alone <schema> <run>`: carry one run in this process, and nothing else."""

import signal
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from apps.dispatch import workers
from apps.runs.interpreter.advancing import advance
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant


class Command(BaseCommand):
    """A worker calls it for a run that may have killed its carriers; a person has no need to."""

    help = "Carry a run as far as it goes now; SIGTERM lets it go between two steps."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("schema")
        parser.add_argument("run", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, lambda *_: workers.draining.set())
        with tenant_context(Tenant.objects.get(schema_name=options["schema"])):
            advance(options["run"], alone=True)
