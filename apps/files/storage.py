"""Where sealed bytes lie: one interface, and the folder that is its default.

Names are made by `services`: they begin with the workspace's schema and hold no word of anybody's.
"""

import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from apps.files.exceptions import BlobAltered, BlobMissing, StorageAway

SCHEMA = re.compile(r"t_[a-z0-9_]{1,60}")
NAME = re.compile(r"t_[a-z0-9_]{1,60}/[0-9a-f]{2}/[0-9a-f]{32}")
UNFINISHED = ".part"


class Storage(Protocol):
    """Keeps bytes by name. Every method raises StorageAway when the storage does not answer."""

    def put(self, name: str, data: bytes) -> None:
        """Keep the bytes, durably when this returns; what had the name is replaced whole."""

    def get(self, name: str, most: int) -> bytes:
        """Return the bytes. Raises BlobMissing, and BlobAltered for more than `most` of them."""

    def delete(self, name: str) -> None:
        """Let go of the bytes; of none if they are gone already."""

    def clear(self, prefix: str) -> None:
        """Let go of all names that begin so; the prefix ends with a slash."""

    def holds(self, prefix: str) -> bool:
        """Tell whether there is any name that begins so; the prefix ends with a slash."""


def clear(schema: str) -> None:
    """Let go of all that a workspace has stored. Raises StorageAway."""
    if not SCHEMA.fullmatch(schema):
        raise ValueError(f"No workspace's schema: {schema!r}")
    storage().clear(f"{schema}/")


def holds_any(schema: str) -> bool:
    """Tell whether anything of a workspace is stored. Raises StorageAway."""
    return storage().holds(f"{schema}/")


@cache
def storage() -> Storage:
    """Return the storage of this installation: the bucket that is set, else a folder."""
    if settings.S3_BUCKET:
        bucket: Storage = import_string(
            "apps.files.s3.Bucket"
        )()  # boto3 loads only where it is used
        return bucket
    return Folder(Path(settings.MEDIA_ROOT))


class Folder:
    """A folder of this machine, or one that all machines of the installation share."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, data: bytes) -> None:
        """Write beside the place, then move there: nobody ever reads half a file."""
        path = self._path(name)
        unfinished = path.with_suffix(UNFINISHED)
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            raise StorageAway from error

    def get(self, name: str, most: int) -> bytes:
        """Return the bytes."""
        try:
            with self._path(name).open("rb") as file:
                found = file.read(most + 1)
        except FileNotFoundError as error:
            if not self.root.is_dir():  # not mounted, most likely: nothing is known of the file
                raise StorageAway from error
            raise BlobMissing from error
        except OSError as error:
            raise StorageAway from error
        if len(found) > most:
            raise BlobAltered
        return found

    def delete(self, name: str) -> None:
        """Remove the file, and what a crash left of it half written."""
        try:
            self._path(name).unlink(missing_ok=True)
            self._path(name).with_suffix(UNFINISHED).unlink(missing_ok=True)
        except OSError as error:
            raise StorageAway from error

    def clear(self, prefix: str) -> None:
        """Remove the folder."""
        try:
            shutil.rmtree(self.root / prefix)
        except FileNotFoundError:
            return  # it never stored anything
        except OSError as error:
            raise StorageAway from error

    def holds(self, prefix: str) -> bool:
        """Tell whether the folder is there."""
        return (self.root / prefix).exists()

    def _path(self, name: str) -> Path:
        if not NAME.fullmatch(name):
            raise ValueError(f"No name of ours: {name!r}")
        return self.root / name


def _sync_folder(folder: Path) -> None:
    """Make the move itself durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
