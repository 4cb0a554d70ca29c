"""What was prepared already: a stamp in the data folder, so that a second start takes seconds."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

APPS = Path(__file__).resolve().parent.parent
COUNTED = (
    "*/migrations/*.py", "*/apps.py", "onboarding/*.py",
    "workflows/sample_workflows.py", "workflows/samples/*",
)  # fmt: skip


class Stamp:
    """A hash of all that the set-up of the database is made from, and of where it was made."""

    def __init__(self, folder: Path, *, where: Iterable[str]) -> None:
        self._path = folder / "prepared"
        digest = hashlib.sha256("\n".join(where).encode())
        for path in sorted(path for pattern in COUNTED for path in APPS.glob(pattern)):
            digest.update(path.read_bytes())
        self._wanted = digest.hexdigest()

    def is_current(self) -> bool:
        """Tell whether the set-up was done with just this."""
        return self._path.exists() and self._path.read_text() == self._wanted

    def set(self) -> None:
        """Remember that it was done."""
        self._path.write_text(self._wanted)
