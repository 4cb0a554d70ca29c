"""Verifications: carried in steps by whoever comes next, and what they find is kept."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import chain, trimming
from apps.audit.models import AuditEntry, Check, Link
from apps.audit.services import record
from apps.common.errors import Forbidden
from apps.dispatch.models import Chore
from apps.oversight import services, verifying
from apps.oversight.exceptions import VerificationRunning, VerifiedTooOften
from apps.oversight.models import Verification
from apps.tenants.context import current_schema, maintenance


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.audit.checking.AT_ONCE", 2)
    monkeypatch.setattr(verifying, "BATCHES", 1)


@pytest.fixture
def linked(alice: User) -> int:
    """A chain of some length; its end."""
    for number in range(9):
        record(f"thing.{number}", actor=None, after={"n": number})
    chain.link()
    return Link.objects.count()


def done(job: Verification) -> Verification:
    verifying.carry(job.pk)
    job.refresh_from_db()
    assert job.status == Verification.Status.DONE
    return job


def test_a_whole_chain_holds(alice: User, linked: int) -> None:
    job = done(services.start_verification(actor=alice))
    assert (job.wrong, job.done, job.total) == ("", linked, linked)
    check = Check.objects.get()
    assert (check.number, check.wrong) == (linked, "")
    told = AuditEntry.objects.get(action="audit.verified")
    assert (told.result, told.target_id) == ("ok", str(job.pk))
    assert not Chore.objects.filter(kind=verifying.CHORE).exists()


def test_the_next_worker_goes_on_where_the_last_one_stopped(
    alice: User, linked: int, small_steps: None
) -> None:
    job = services.start_verification(actor=alice)
    assert verifying._advance(job.pk)
    job.refresh_from_db()
    assert (job.done, job.status) == (2, "running")
    assert done(job).done == linked


def test_harm_is_found_and_looked_at_twice(alice: User, linked: int, small_steps: None) -> None:
    with maintenance(current_schema()):
        AuditEntry.objects.filter(pk=Link.objects.get(number=5).entry).update(action="x")
    job = done(services.start_verification(actor=alice))
    assert (job.wrong, job.done, job.begun) == ("Entry 5 was changed.", 4, 2)
    assert Check.objects.get().wrong == "Entry 5 was changed."
    assert AuditEntry.objects.get(action="audit.verified").result == "failed"


def test_a_rule_that_deletes_the_beginning_meanwhile_breaks_nothing(
    alice: User, linked: int, small_steps: None
) -> None:
    job = services.start_verification(actor=alice)
    verifying._advance(job.pk)
    with maintenance(current_schema()):
        AuditEntry.objects.update(at=timezone.now() - timedelta(days=500))
        Link.objects.all().delete()
    while chain.link():
        pass
    trimming.trim([link.entry for link in Link.objects.order_by("number")[:4]])
    assert done(job).wrong == ""


def test_there_is_one_at_a_time(alice: User) -> None:
    services.start_verification(actor=alice)
    with pytest.raises(VerificationRunning):
        services.start_verification(actor=alice)


def test_six_an_hour_are_enough(alice: User, linked: int) -> None:
    for _ in range(services.MOST_AN_HOUR):
        done(services.start_verification(actor=alice))
    with pytest.raises(VerifiedTooOften) as refused:
        services.start_verification(actor=alice)
    assert 3500 < int(refused.value.headers["Retry-After"]) <= 3600
    assert Verification.objects.count() == services.MOST_AN_HOUR
    Verification.objects.update(created_at=timezone.now() - timedelta(hours=2))
    assert services.start_verification(actor=alice).status == "queued"


def test_builders_may_not(bob: User) -> None:
    with pytest.raises(Forbidden):
        services.start_verification(actor=bob)
    assert not Verification.objects.exists()
