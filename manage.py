#!/usr/bin/env python
"""Django's command line, with the development settings as the default."""

import os
import sys


def main() -> None:
    """Run one command in the public scope: a command that works in a tenant enters it itself."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
    from django.core.exceptions import ImproperlyConfigured  # noqa: PLC0415 - after the setting

    try:
        _run(sys.argv)
    except ImproperlyConfigured as error:  # its message names the variable and says what to do
        sys.exit(str(error))


def _run(arguments: list[str]) -> None:
    if arguments[1:2] == ["up"]:
        from apps.local.management.commands.up import Command  # noqa: PLC0415

        Command().run_from_argv(arguments)
        return
    from django.core.management import execute_from_command_line  # noqa: PLC0415

    from apps.tenants.context import public_scope  # noqa: PLC0415

    with public_scope():
        execute_from_command_line(arguments)


if __name__ == "__main__":
    main()
