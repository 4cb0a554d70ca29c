"""Old deliveries go; what waits, goes on or is held stays."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.retention.exceptions import OnHold
from apps.retention.services import place_hold, release_hold
from apps.triggers import deliveries
from apps.triggers.keeping import Deliveries
from apps.triggers.models import Delivery, Trigger
from apps.triggers.services import delete_trigger, update_trigger
from tests.factories.runs import carry
from tests.factories.triggers import echo, trigger
from tests.runs.scenes import published, started

MONTH = timedelta(days=30)


def delivery(of: Trigger, outcome: str, *, days: int = 31, **fields: object) -> Delivery:
    """Write down a delivery of so many days ago."""
    made = Delivery.objects.create(trigger=of, outcome=outcome, **fields)
    then = timezone.now() - timedelta(days=days)
    Delivery.objects.filter(pk=made.pk).update(created_at=then)
    return made


def test_what_is_old_and_over_goes(bob: User, alice: User) -> None:
    hook = trigger(bob, "event", {"events": ["run.failed"]})
    over, going_on = started(hook.workflow, bob), started(hook.workflow, bob)
    carry(over)
    old = [
        delivery(hook, "started", run=over),
        delivery(hook, "started"),  # whose run is gone already
        delivery(hook, "refused"),
    ]
    delivery(hook, "refused", days=29)
    delivery(hook, "started", run=going_on)
    delivery(hook, "pending")
    before = timezone.now() - MONTH
    found = Deliveries().over(before)
    assert found == [each.pk for each in old]
    hold = place_hold(actor=alice, reason="Case 1", workflow=hook.workflow)
    assert Deliveries().over(before) == []
    release_hold(hold, actor=alice)
    place_hold(actor=alice, reason="Case 2")
    assert Deliveries().over(before) == []
    Deliveries().delete(found)
    assert Delivery.objects.count() == 3


def test_a_hold_keeps_them_whatever_becomes_of_their_trigger(
    bob: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "KEPT_REFUSED", 1)
    hook = trigger(bob, "event", {"events": ["run.failed"]})
    other = published(bob, echo(), name="Another")
    for days in (1, 2):
        delivery(hook, "refused", days=days)
    for workflow in (hook.workflow, None):
        hold = place_hold(actor=alice, reason="Case 1", workflow=workflow)
        deliveries.tidy(hook.pk)
        with pytest.raises(OnHold):
            delete_trigger(hook, actor=bob)
        with pytest.raises(OnHold):
            update_trigger(hook, actor=bob, changes={"workflow": other})
        assert Delivery.objects.count() == 2
        release_hold(hold, actor=alice)
    deliveries.tidy(hook.pk)
    assert Delivery.objects.count() == 1
    delete_trigger(hook, actor=bob)
    assert not Delivery.objects.exists()
