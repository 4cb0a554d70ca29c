"""The files app."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """What is stored of which workspace; the bytes themselves are in the storage."""

    name = "apps.files"

    def ready(self) -> None:
        from apps.files.storage import clear
        from apps.tenants.provisioning import restrict_table
        from apps.tenants.services import register_remover

        register_remover(clear)

        # A blob says what was stored once: its hash is never rewritten, only its removal noted.
        restrict_table("files_blob", "SELECT, INSERT, DELETE, UPDATE (removed_at)")
