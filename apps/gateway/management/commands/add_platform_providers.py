"""Make the platform's own providers that the environment names, and take over what its proxy serves."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.gateway.platform import from_environment


class Command(BaseCommand):
    """Make what is missing; what staff changed stays so. Each time, ask the proxy for its models."""

    help = "Make the providers that OPENAI_API_KEY and others name, and lend them to the demo."

    def handle(self, *args: Any, **options: Any) -> None:
        for provider in from_environment.add():
            self.stdout.write(f"{provider.name} is connected for the platform")
        if told := from_environment.refresh():
            self.stdout.write(told)
