"""Campaigns that begin again: on the same day, in the name of who may, and not otherwise."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import change_role, hand_over
from apps.audit.models import AuditEntry
from apps.campaigns import series as repeating
from apps.campaigns.exceptions import SeriesPaused
from apps.campaigns.models import Campaign, Series, Sort
from apps.common.errors import Forbidden, Invalid
from apps.dispatch.models import Chore
from apps.notifications.models import Notification
from tests.factories.cast import member

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 1, 31, 9, tzinfo=UTC)


@pytest.fixture
def series(alice: User) -> Series:
    return repeating.start_series(
        actor=alice, months=3, name="Quarterly", sorts=[Sort.ROLE], reviewers="managers", days=7
    )[0]


def due(series: Series) -> None:
    Series.objects.filter(pk=series.pk).update(next_at=timezone.now() - timedelta(seconds=1))


def test_a_day_that_a_month_lacks_is_its_last() -> None:
    days = [repeating.later(NOW, months) for months in (1, 3, 12, 13)]
    assert [f"{day:%Y-%m-%d}" for day in days] == [
        "2026-02-28", "2026-04-30", "2027-01-31", "2027-02-28",
    ]  # fmt: skip


def test_the_first_begins_at_once_and_the_next_in_time(series: Series, alice: User) -> None:
    first = Campaign.objects.get()
    assert (first.series, first.owner, first.sorts) == (series, alice, ["role"])
    assert series.next_at == repeating.later(series.began_at, 3)
    assert repeating.begin(series.pk) is None  # not yet
    due(series)
    second = repeating.begin(series.pk)
    assert second is not None
    assert (second.name, second.days) == ("Quarterly", 7)
    assert repeating.begin(series.pk) is None
    assert Campaign.objects.count() == 2
    series.refresh_from_db()
    assert Chore.objects.get(kind=repeating.CHORE).due_at == series.next_at


def test_what_was_missed_is_not_made_up_for(series: Series) -> None:
    began = timezone.now() - timedelta(days=500)
    Series.objects.update(began_at=began, next_at=began + timedelta(days=90))
    repeating.begin(series.pk)
    assert Campaign.objects.count() == 2
    series.refresh_from_db()
    assert timezone.now() < series.next_at < timezone.now() + timedelta(days=93)


def test_whose_owner_may_not_any_more_is_paused(series: Series, alice: User, bob: User) -> None:
    Series.objects.update(owner=bob)
    due(series)
    assert repeating.begin(series.pk) is None
    series.refresh_from_db()
    assert (series.trouble, series.paused_at is None) == (repeating.LEFT, False)
    assert Notification.objects.get(user=alice, kind="campaign.due").text == repeating.LEFT
    assert AuditEntry.objects.get(action="campaign_series.stopped").result == "failed"
    resumed = repeating.resume(series, actor=alice)
    assert (resumed.owner, resumed.trouble) == (alice, "")


def test_whose_reviewer_may_not_any_more_is_paused(alice: User, bob: User) -> None:
    made, _ = repeating.start_series(
        actor=alice, months=1, name="Monthly", sorts=[Sort.ROLE], reviewers="person", reviewer=bob
    )
    change_role(bob, role="viewer", actor=alice)
    due(made)
    assert repeating.begin(made.pk) is None
    made.refresh_from_db()
    assert "may decide in access reviews" in made.trouble
    with pytest.raises(Invalid):
        repeating.resume(made, actor=alice)


def test_it_is_paused_and_ended(series: Series, alice: User, bob: User) -> None:
    for act in (repeating.pause, repeating.resume, repeating.end):
        with pytest.raises(Forbidden):
            act(series, actor=bob)
    repeating.pause(series, actor=alice)
    with pytest.raises(SeriesPaused):
        repeating.pause(series, actor=alice)
    due(series)
    assert repeating.begin(series.pk) is None
    repeating.resume(series, actor=alice)
    repeating.end(series, actor=alice)
    assert not Chore.objects.filter(kind=repeating.CHORE).exists()
    assert Campaign.objects.get().series is None


def test_builders_begin_none(bob: User) -> None:
    with pytest.raises(Forbidden):
        repeating.start_series(actor=bob, months=3, name="x", sorts=["role"], reviewers="managers")


def test_an_odd_rhythm_is_refused(alice: User) -> None:
    with pytest.raises(Invalid):
        repeating.start_series(
            actor=alice, months=5, name="x", sorts=["role"], reviewers="managers"
        )


def test_who_leaves_hands_it_over(series: Series, alice: User) -> None:
    adam = member("Adam", "admin")
    Series.objects.update(owner=adam)
    assert hand_over(adam, alice, actor=alice)["campaign_series"] == 1
    series.refresh_from_db()
    assert series.owner == alice
