"""The files app."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """What is stored of which workspace; the bytes themselves are in the storage."""

    name = "apps.files"

    def ready(self) -> None:
        from apps.tenants.provisioning import restrict_table

        # A blob says what was stored once: its hash is never rewritten, only its removal noted.
        restrict_table("files_blob", "SELECT, INSERT, DELETE, UPDATE (removed_at)")
