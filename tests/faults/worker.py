"""A worker process of the tests: the product's own, with faults planted before it starts.

`python -m tests.faults.worker <celery arguments>`; the faults come from the environment:
FAULT_DIE_AT names a point at which the process kills itself, FAULT_MARK a file that says it did,
FAULT_PLANT a defect to build in.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from auterity.celery import app

POINTS = {
    "after claim": ("apps.runs.interpreter", "_load"),
    "after intent": ("apps.runs.segment", "carry_out"),
    "between flush and release": ("apps.dispatch.leases", "release"),
    "between blob and bytes": ("apps.files.services", "storage"),
    "before end is written": ("apps.dispatch.leases", "finish"),
}


def die_at(point: str, mark: Path) -> None:
    """Have the process kill itself the first time that it comes to a point."""
    module, name = POINTS[point]
    original: Callable[..., Any] = getattr(sys.modules[module], name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        try:
            mark.touch(exist_ok=False)
        except FileExistsError:
            return original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(sys.modules[module], name, dying)


def main() -> None:
    """Point the settings at the test's database and become a worker."""
    settings.DATABASES["default"]["NAME"] = os.environ["FAULT_DATABASE"]
    settings.EGRESS_ALLOW = os.environ.get("FAULT_EGRESS", "").split(",")
    app.conf.task_default_queue = os.environ["FAULT_QUEUE"]
    app.loader.import_default_modules()
    if point := os.environ.get("FAULT_DIE_AT"):
        die_at(point, Path(os.environ["FAULT_MARK"]))
    app.worker_main(["worker", *sys.argv[1:]])


if __name__ == "__main__":
    main()
