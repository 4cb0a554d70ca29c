#!/usr/bin/env python
"""Django's command line, with the development settings as the default."""

import os
import sys


def main() -> None:
    """Run one command in the public scope: a command that works in a tenant enters it itself."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
    from django.core.management import execute_from_command_line  # noqa: PLC0415 - after the setting

    from apps.tenants.context import public_scope  # noqa: PLC0415

    with public_scope():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
