"""The files app."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """What is stored of which workspace; the bytes themselves are in the storage."""

    name = "apps.files"

    def ready(self) -> None:
        from apps.files.resealing import SealedBlobs
        from apps.files.storage import clear
        from apps.tenants.provisioning import restrict_table
        from apps.tenants.services import register_remover
        from apps.vault import resealing

        register_remover(clear)

        resealing.register(SealedBlobs())
        # A blob says what was stored once: its hash is never rewritten, only its removal noted, and
        # where it lies once another key seals it.
        restrict_table("files_blob", "SELECT, INSERT, DELETE, UPDATE (removed_at, name, key_id)")
