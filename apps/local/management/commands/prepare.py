"""`manage.py prepare`: what stands between a new version of the code and its first request."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from apps.onboarding.demo import seed, sign_in_links

STAMP = "prepared"
COUNTED = ("*/migrations/*.py", "onboarding/*.py", "onboarding/samples/*")


class Command(BaseCommand):
    """Migrate every schema and make the demo workspaces; quick when nothing changed."""

    help = "Migrate, seed the demo workspaces, and write one-time sign-in links for them."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        stamp = settings.DATA_DIR / STAMP
        wanted = _fingerprint()
        if not stamp.exists() or stamp.read_text() != wanted:
            self.stdout.write("bringing the database up to date (a minute at the first start)")
            call_command("migrate_all")
            self.stdout.write("making the demo workspaces")
            seed()
            stamp.write_text(wanted)
        links = settings.DATA_DIR / "links.json"
        links.unlink(missing_ok=True)
        handle = os.open(links, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            json.dump(sign_in_links(), file)


def _fingerprint() -> str:
    """Return a hash of the database's address and of everything that the set-up is made from."""
    apps = Path(settings.BASE_DIR) / "apps"
    files = sorted(path for pattern in COUNTED for path in apps.glob(pattern))
    digest = hashlib.sha256(json.dumps(settings.DATABASES["default"]["NAME"]).encode())
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()
