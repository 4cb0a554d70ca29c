"""Files that Python runs whenever it starts: a stolen release of a library hides its code in one.

A `.pth` file in site-packages may hold code, which runs in every process and outlives the package. That
a package lists it says nothing, for a stolen one would: each has to be known here, unchanged.
"""

import base64
import hashlib
import site
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path
from typing import Any

from django.core import checks

# Which package each belongs to.
KNOWN = {"distutils-precedence.pth": "setuptools"}


@checks.register("startup")
def check(**kwargs: Any) -> list[checks.CheckMessage]:
    """Warn of each file that is not known, in the folders that this Python reads."""
    found = unknown(Path(each) for each in site.getsitepackages())
    return [
        checks.Warning(
            f"{path} runs at each start of Python and is not known.",
            hint="Find out which package brought it. If nobody can say, remove it and change all secrets.",
            id="common.W001",
        )
        for path in found
    ]


def unknown(folders: Iterable[Path]) -> list[Path]:
    """Return the `.pth` files that no known package brought, or that are not as it brought them."""
    found = {path for folder in folders for path in folder.glob("*.pth")}
    return sorted(path for path in found if not _is_known(path))


def _is_known(path: Path) -> bool:
    try:
        listed = metadata.distribution(KNOWN[path.name]).files or []
    except (KeyError, metadata.PackageNotFoundError):
        return False
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()
    return any(
        each.name == path.name and each.hash and each.hash.value == digest.rstrip("=")
        for each in listed
    )
