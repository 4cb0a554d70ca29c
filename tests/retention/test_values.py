"""Withheld values of a class that is kept for so many days only: they go, placeholders and others stay."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.classification.services import change_class, find_class
from apps.retention.carrying import carry
from apps.retention.services import place_hold, start_job
from apps.runs.exceptions import ValuesErased
from apps.runs.models import Run, Withheld
from apps.runs.services import retry_run
from tests.factories.runs import Start
from tests.factories.runs import carry as carried
from tests.runs.withholding.test_withholding import INPUTS, marked

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(start: Start, alice: User) -> Run:
    health = find_class("health", actor=alice)
    change_class(health, actor=alice, changes={"keep_days": 30})
    made = carried(start(marked(), **INPUTS))
    Withheld.objects.update(created_at=timezone.now() - timedelta(days=31))
    return made


def kept() -> set[str]:
    return set(Withheld.objects.values_list("data_class", flat=True))


def test_values_go_when_the_time_of_their_class_is_over(run: Run, alice: User) -> None:
    job = start_job(actor=alice)
    carry(job.pk)
    assert kept() == {"personal"}
    run.refresh_from_db()
    assert run.erased_at is not None
    with pytest.raises(ValuesErased):
        retry_run(run, actor=alice)


def test_what_is_held_stays(run: Run, alice: User) -> None:
    place_hold(actor=alice, workflow=run.workflow, reason="Case 7")
    carry(start_job(actor=alice).pk)
    assert kept() == {"personal", "health"}


def test_younger_values_stay(run: Run, alice: User) -> None:
    Withheld.objects.update(created_at=timezone.now() - timedelta(days=29))
    carry(start_job(actor=alice).pk)
    assert kept() == {"personal", "health"}
