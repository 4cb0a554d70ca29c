"""Data folders in which a product was started before, so that the next start takes seconds.

A first start spends most of its time on migrations and the demo, the same each time. It is done
once for a whole run of tests; whoever needs a product gets a copy of what it left. Tests of the
first start itself begin with an empty folder instead.
"""

import atexit
import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import count
from pathlib import Path

from apps.local.temporary import temporary_folder
from tests.factories.product import Product

FIRST_S = 600


@contextmanager
def prepared_folder() -> Iterator[Path]:
    """Lend a data folder as a product leaves it after its first start and an orderly end.

    Workflows of the demo hold the port of the sample pages: copies of one original would want the
    same one, so each original is lent to one test at a time.
    """
    with ExitStack() as stack:
        original = _lent(stack)
        folder = stack.enter_context(temporary_folder())
        # Not by `shutil`: it does not keep whose the files of the database are.
        subprocess.run(["cp", "-a", f"{original}/.", str(folder)], check=True)
        yield folder


def _lent(stack: ExitStack) -> Path:
    """Return an original that nobody else uses, made if there is none; it is ours until the end."""
    for number in count():
        place = _home() / f"prepared-{number}"
        place.mkdir(mode=0o755, exist_ok=True)
        lock = stack.enter_context((place / "lent.lock").open("a"))
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        if not (place / "complete").exists():
            _start_once(place / "data")
            (place / "complete").touch()
        return place / "data"
    raise AssertionError("there is always one more")


def _start_once(data: Path) -> None:
    """Start a product on an empty folder, and end it in order; again where that was cut off."""
    data.mkdir(mode=0o755, exist_ok=True)
    product = Product(data).start()
    assert product.says("Ctrl-C stops everything", seconds=FIRST_S), product.output
    assert product.stop() == 0, product.output


@cache
def _home() -> Path:
    """Return where originals are kept: all processes of one run of tests share them.

    `tests/run.py` names a folder for all its steps; else they are beside the tests' services, or
    this process's own.
    """
    if kept := os.environ.get("PREPARED_PRODUCTS"):
        return Path(kept)
    if "DATABASE_URL" in os.environ and (beside := os.environ.get("AUTERITY_DATA")):
        return Path(beside).parent if "TESTS_OF" in os.environ else Path(beside)
    stack = ExitStack()
    atexit.register(stack.close)
    return stack.enter_context(temporary_folder())
