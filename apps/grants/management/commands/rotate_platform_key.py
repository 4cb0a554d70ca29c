"""`manage.py rotate_platform_key`: seal what belongs to the platform with a new data key."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from apps.audit.services import record
from apps.tenants.context import public_scope
from apps.vault import resealing, retiring
from apps.vault.services import current_key_id, rotate_data_key


class Command(BaseCommand):
    """Rotates while everything runs. Broken off, it goes on where it was with `--resume`."""

    help = (
        "Makes a new data key for the platform (its providers' keys, staff's second factors) and gives it "
        "all that older ones sealed; older ones go a day later, when this is called again with --resume."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--resume", action="store_true", help="make no new key; finish what was begun"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate, seal anew some rows at a time, and say what is left."""
        with public_scope():
            if not options["resume"]:
                self._rotate()
            key_id = current_key_id()
            found = sum(resealing.left(key_id).values())
            for _ in resealing.reseal(key_id):
                pass  # each batch is committed: whoever stops it loses nothing
            left = resealing.left(key_id)
            count = found - sum(left.values())
            removed = retiring.remove_unused()
            due = retiring.removable_at()
        self.stdout.write(f"{count} values were sealed anew with {key_id}.")
        for place, number in left.items():
            self.stdout.write(f"{number} of {place} do not open, and keep their key: see the log.")
        if removed:
            self.stdout.write(f"{removed} older keys are deleted.")
        if due and not left:
            self.stdout.write(f"The key before may go after {due:%Y-%m-%d %H:%M} UTC: --resume.")

    @transaction.atomic
    def _rotate(self) -> None:
        made = rotate_data_key()
        record("data_key.rotated", actor=None, target=made)
