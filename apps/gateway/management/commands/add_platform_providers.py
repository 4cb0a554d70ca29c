"""Make the platform's own providers that the environment names, once."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.gateway.platform import from_environment


class Command(BaseCommand):
    """Make what is missing; what staff changed stays so."""

    help = "Make the providers that OPENAI_API_KEY and others name, and lend them to the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        for provider in from_environment.add():
            self.stdout.write(f"{provider.name} is connected for the platform")
