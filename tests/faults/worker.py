"""A worker process of the tests: the product's own, with faults planted before it starts.

`python -m tests.faults.worker <celery arguments>`; what differs comes from the environment:
FAULT_LEASE_S is a shorter lease, FAULT_DROP the share of doorbells that are lost, FAULT_CLOCK_H by
how many hours the clock is wrong (`jumps`: it is set anew five times a second), FAULT_MAIL_PORT a
mail server's, and with FAULT_DIE_SENT it dies of the first mail that it sends. A step whose id
begins with `dies` takes its worker with it, in the way that the rest of the id says.
With `carry_alone` it is the process that a worker starts for a run that has its last chance.
"""

import ctypes
import os
import random
import signal
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import time_machine
from celery.signals import worker_ready
from django.conf import settings
from django.core.management import call_command

from auterity.celery import app
from tests.faults.points import Watch

DEADLY = "dies_"
ALONE = "carry_alone"


def shorten_lease(seconds: str) -> None:
    """Let leases last so long."""
    from apps.dispatch import leases

    leases.LEASE_S = int(seconds)


def drop_doorbells(share: str) -> None:
    """Lose a share of what this process rings."""
    from apps.dispatch import services

    ring, dice = services._advance[0], random.Random(11)
    services.register_advance(
        lambda run_id, schema: None if dice.random() < float(share) else ring(run_id, schema)
    )


def set_clock(hours: str) -> None:
    """Set this process's clock wrong; `jumps` sets it anew again and again."""
    if hours == "jumps":
        threading.Thread(target=_jump, daemon=True).start()
    else:
        _travel(float(hours))


def _travel(hours: float) -> None:
    time_machine.travel(datetime.now(UTC) + timedelta(hours=hours), tick=True).start()


def _jump() -> None:
    dice, pause = random.Random(13), threading.Event()
    shift = time_machine.travel(datetime.now(UTC), tick=True).start()
    while not pause.wait(0.2):
        shift.shift(dice.uniform(-7200, 7200))


def kill_by_steps() -> None:
    """Let steps with deadly names end the process at the moment at which they would run."""
    from apps.runs.interpreter import effects, segment

    original = effects.carry_out

    async def carry_out(attempt: Any, *rest: Any) -> Any:
        if attempt.node.id.startswith(DEADLY):
            WAYS[attempt.node.id.removeprefix(DEADLY)]()
        return await original(attempt, *rest)

    vars(segment)["carry_out"] = carry_out


def _by_the_kernel() -> None:
    os.kill(os.getpid(), signal.SIGKILL)  # as it does with who took too much memory


WAYS: dict[str, Callable[[], Any]] = {
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(3),
    "memory": _by_the_kernel,
}


def die_at(point: str) -> None:
    """End the process the first time that it comes to a point."""
    Watch(point).plant()


def freeze_at(point: str) -> None:
    """Stop the process, as SIGSTOP does, the first time that it comes to a point."""
    Watch(point, by=signal.SIGSTOP).plant()


def mail_to(port: str) -> None:
    """Hand mails to a server of the test."""
    settings.EMAIL_BACKEND = "apps.egress.mail.GuardedEmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", int(port), False


def die_sent(_: str) -> None:
    """End the process once a mail was sent, before that is noted."""
    from apps.notifications import outbox

    vars(outbox)["_went_out"] = lambda mail: os.kill(os.getpid(), signal.SIGKILL)


PLANTS: dict[str, Callable[[str], None]] = {
    "FAULT_LEASE_S": shorten_lease,
    "FAULT_DROP": drop_doorbells,
    "FAULT_CLOCK_H": set_clock,
    "FAULT_DIE_AT": die_at,
    "FAULT_FREEZE_AT": freeze_at,
    "FAULT_MAIL_PORT": mail_to,
    "FAULT_DIE_SENT": die_sent,
}


def say_ready(**kwargs: Any) -> None:
    """Leave a mark for the test: from now on this process takes messages."""
    (Path(os.environ["FAULT_FOLDER"]) / f"ready-{os.getpid()}").touch()


def main() -> None:
    """Point the settings at the test's database, plant the faults and become a worker."""
    settings.DATABASES["default"]["NAME"] = os.environ["FAULT_DATABASE"]
    if port := os.environ.get("FAULT_DATABASE_PORT"):
        settings.DATABASES["default"]["PORT"] = int(port)
    settings.EGRESS_ALLOW = os.environ.get("FAULT_EGRESS", "").split(",")
    app.conf.task_default_queue = os.environ["FAULT_QUEUE"]
    app.loader.import_default_modules()
    from apps.runs.interpreter import quarantine
    from apps.tenants.context import public_scope

    kill_by_steps()
    worker_ready.connect(say_ready)
    for name, plant in PLANTS.items():
        if value := os.environ.get(name):
            plant(value)
    quarantine.COMMAND = [sys.executable, "-m", "tests.faults.worker", ALONE]
    if sys.argv[1] == ALONE:
        with public_scope():
            call_command("carry_alone", *sys.argv[2:])
    else:
        app.worker_main(["worker", *sys.argv[1:]])


if __name__ == "__main__":
    main()
