"""Files of tenants."""

from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage

from apps.tenants.context import current_schema


class TenantFileSystemStorage(FileSystemStorage):
    """Keep each tenant's files in a folder named after its schema."""

    @property
    def base_location(self) -> str:
        return str(Path(settings.MEDIA_ROOT) / current_schema())

    @property
    def location(self) -> str:
        return self.base_location
