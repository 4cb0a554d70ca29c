"""A worker tells that it is there, and forgets those that went without a word."""

import os
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.models.functions import Now

from apps.dispatch.models import WorkerProcess
from apps.dispatch.workers import FORGOTTEN_S, Presence
from auterity.celery import app


@pytest.fixture
def data(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


def arrive() -> Presence:
    """Return the presence of a worker that has just said that it is there."""
    worker = Presence(SimpleNamespace(app=app, pool=SimpleNamespace(limit=4)))
    worker.beat()
    return worker


def killed(data: Path, pid: int, seconds: int) -> Path:
    """Leave what a worker leaves that was killed so long ago; return its sign of life."""
    WorkerProcess.objects.create(host="gone", pid=pid, slots=4)
    then = Now() - timedelta(seconds=seconds)
    WorkerProcess.objects.filter(host="gone", pid=pid).update(beat_at=then)
    sign = data / "workers" / f"gone-{pid}"
    sign.parent.mkdir(exist_ok=True)
    sign.touch()
    moment = sign.stat().st_mtime - seconds
    os.utime(sign, (moment, moment))
    return sign


@pytest.mark.usefixtures("public")
def test_who_was_killed_long_ago_is_forgotten(data: Path) -> None:
    old, young = killed(data, 1, FORGOTTEN_S + 60), killed(data, 2, 60)
    arrive()
    assert not old.exists()
    assert young.exists()
    gone = WorkerProcess.objects.filter(host="gone")
    assert list(gone.values_list("pid", flat=True)) == [2]


@pytest.mark.usefixtures("public")
def test_who_beats_again_after_a_long_silence_is_there(data: Path) -> None:
    worker = arrive()
    WorkerProcess.objects.update(beat_at=Now() - timedelta(seconds=2 * FORGOTTEN_S))
    worker.beat()
    assert WorkerProcess.objects.filter(id=worker.id).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("public")
def test_who_leaves_leaves_nothing(data: Path) -> None:
    arrive().leave()
    assert not WorkerProcess.objects.exists()
    assert list((data / "workers").iterdir()) == []
