"""`manage.py config`: each variable of the environment, what it is set to, and by whom."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

INTRO = """# Configuration

Every variable that Auterity reads; made by `manage.py config --markdown` from the same list that the
settings use. A value that does not fit stops the start and names its variable. Secrets are also read from
the file that `<NAME>_FILE` names. `manage.py config` shows what a running installation uses.

| variable | kind | default | what it is for |
|---|---|---|---|
"""


class Command(BaseCommand):
    """Show the configuration; secrets are masked."""

    help = "Show each variable of the environment with its value and source; secrets are masked."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--markdown", action="store_true", help="write docs/configuration.md to the output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        known: dict[str, Any] = getattr(settings, "VARIABLES")  # noqa: B009 - mypy knows Django's only
        variables = [known[name] for name in sorted(known)]
        if options["markdown"]:
            self.stdout.write(INTRO + "\n".join(map(_documented, variables)))
            return
        width = max(len(variable.name) for variable in variables)
        for variable in variables:
            value = variable.value or "(empty)"
            self.stdout.write(f"{variable.name:<{width}}  {variable.source:<11}  {value}")


def _documented(variable: Any) -> str:
    default = variable.default.replace(str(settings.BASE_DIR), ".")
    shown = f"`{default}`" if default else ""
    return f"| `{variable.name}` | {variable.kind} | {shown} | {variable.help} |"
