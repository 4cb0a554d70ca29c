"""`manage.py migrate_all` on the database of a test, as a replica does it before it serves."""

import os

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    """Bring all of it up to date, and say how many workspaces were not."""
    settings.DATABASES["default"]["NAME"] = os.environ["FAULT_DATABASE"]
    django.setup()
    call_command("migrate_all")


if __name__ == "__main__":
    main()
