"""What can go wrong with stored bytes."""

import math
from http import HTTPStatus

from apps.common.errors import DomainError, TooLarge, Unavailable

RETRY_S = 5


class StorageAway(Unavailable):
    """The file storage does not answer right now. Try again in a few seconds."""

    code = "storage_unavailable"

    def __init__(self, retry_after: float = RETRY_S) -> None:
        """Say in how many seconds a repeat makes sense."""
        super().__init__(headers={"Retry-After": str(math.ceil(retry_after))})


class BlobUnusable(DomainError):
    """Stored data cannot be used. Support can find out what happened to it."""

    status, code = HTTPStatus.BAD_GATEWAY, "blob_unusable"


class BlobMissing(BlobUnusable):
    """Stored data is not where it was put. Restore the file storage from its backup."""

    code = "blob_missing"


class BlobAltered(BlobUnusable):
    """Stored data is not what was put there, so it is not used. Restore the file storage."""

    code = "blob_altered"


class BlobRemoved(BlobUnusable):
    """This data was removed when the time that the workspace keeps it was over."""

    status, code = HTTPStatus.GONE, "blob_removed"


class BlobTooLarge(TooLarge):
    """The data is larger than may be stored in one piece."""

    code = "blob_too_large"
