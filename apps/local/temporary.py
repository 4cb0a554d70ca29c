"""Temporary folders that end with their user; those of users who were killed end with the next one.

Who uses a folder holds a lock on a file in it, which the kernel lets go whatever happens to them.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

PREFIX, LOCK = "auterity-", "in-use.lock"


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Lend a folder that any user may enter: under root, embedded PostgreSQL runs as nobody.

    Tests use it too: each start of pytest closes the folders that pytest lends to other users.
    """
    remove_forsaken()
    with TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with (folder / LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder


def remove_forsaken() -> None:
    """Remove the folders of ours whose users are gone."""
    for lock in Path(gettempdir()).glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError):  # it is in use, or another start removes it at this moment
            if lock.parent.lstat().st_uid == os.geteuid():
                _remove_if_forsaken(lock)


def _remove_if_forsaken(path: Path) -> None:
    with path.open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path.parent)
