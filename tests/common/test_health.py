"""Readiness names what is missing; what only warns takes nobody out."""

import pytest
from django.db.migrations.recorder import MigrationRecorder
from django.db.models.functions import Now
from django.test import Client

from apps.common import health
from apps.dispatch.models import Pulse
from apps.tenants import migrating
from apps.tenants.context import maintenance
from apps.tenants.models import TEMPLATE_SCHEMA


def ready() -> tuple[int, list[str], list[str]]:
    answer = Client(HTTP_HOST="www.localhost").get("/healthz/ready")
    told = answer.json()
    return answer.status_code, told["failed"], told["warnings"]


def test_all_is_there(public: None) -> None:
    assert ready() == (200, [], [])


def test_alive_needs_nothing(public: None) -> None:
    assert Client(HTTP_HOST="nobody.example").get("/healthz/live").status_code == 200


@pytest.mark.parametrize("app", ["dispatch", "runs"])
def test_tables_of_an_older_release_are_not_ready(
    public: None, monkeypatch: pytest.MonkeyPatch, app: str
) -> None:
    monkeypatch.setattr(migrating, "_found_up_to_date", [])
    with maintenance(TEMPLATE_SCHEMA):
        MigrationRecorder.Migration.objects.filter(app=app).latest("id").delete()
    assert ready() == (503, ["migrations"], [])


def test_what_raises_does_not_hold(public: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise OSError

    monkeypatch.setitem(health._checks, "broker", fail)
    assert ready() == (503, ["broker"], [])


def test_a_sweep_that_stays_away_is_a_warning(public: None) -> None:
    Pulse.objects.create(swept_at=Now())
    assert ready() == (200, [], [])
    Pulse.objects.update(swept_at="2020-01-01T00:00:00Z")
    assert ready() == (200, [], ["sweeper"])
