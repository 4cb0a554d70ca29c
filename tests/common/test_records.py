"""Rows that are added without the ORM's statements are as if they had been saved."""

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.common import records
from apps.common.ids import uuid7
from apps.tenants.models import Tenant
from apps.triggers.models import Delivery
from tests.factories.triggers import trigger

PAYLOAD = {"body": {"text": "ä 'quoted' %s", "numbers": [1, 2.5, None]}, "method": "POST"}


def values(row: Delivery) -> dict[str, object]:
    apart = ("id", "created_at", "updated_at")
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if field.attname not in apart
    }


@pytest.fixture
def delivery(bob: User) -> Delivery:
    return Delivery(trigger=trigger(bob, "webhook", {}, path="orders"), payload=PAYLOAD)


def test_an_added_row_is_like_a_saved_one(delivery: Delivery) -> None:
    saved = Delivery(trigger=delivery.trigger, payload=PAYLOAD)
    saved.save()
    with CaptureQueriesContext(connection) as statements:
        records.write(records.new(delivery))
    assert len(statements) == 1
    added = Delivery.objects.get(pk=delivery.pk)
    saved.refresh_from_db()
    assert values(added) == values(saved)
    assert added.created_at == delivery.created_at
    assert added.updated_at >= added.created_at


def test_an_added_row_is_changed_by_saving_it(delivery: Delivery) -> None:
    records.write(records.new(delivery))
    delivery.reason = "changed"
    delivery.save()
    assert Delivery.objects.get().reason == "changed"


def test_a_row_that_is_there_is_not_added_again(alpha: Tenant) -> None:
    person = User(id=uuid7(), email="one@a.example", name="One")
    records.write(records.new(person))
    with pytest.raises(IntegrityError), transaction.atomic():
        records.write(records.new(User(id=uuid7(), email="one@a.example", name="Two")))


def test_rows_of_several_models_go_together_or_not_at_all(alpha: Tenant) -> None:
    people = [User(id=uuid7(), email=f"{n}@a.example", name="One") for n in range(2)]
    with CaptureQueriesContext(connection) as statements:
        records.write(*(records.new(each) for each in people))
    assert len(statements) == 1
    again = User(id=uuid7(), email="other@a.example", name="Two")
    with pytest.raises(IntegrityError), transaction.atomic():
        records.write(records.new(again), records.new(people[0]))
    assert User.objects.filter(email__endswith="@a.example").count() == len(people)


def test_a_change_adds_and_tells_what_came_of_it(delivery: Delivery) -> None:
    delivery.save()
    values = {"reason": "changed", "payload": {"a": [None]}}
    assert records.change(delivery, values, plus={"depth": 2}, returning="depth") == 2
    assert records.change(delivery, {}, plus={"depth": 1}, returning="depth") == 3
    delivery.refresh_from_db()
    assert (delivery.reason, delivery.payload) == ("changed", {"a": [None]})


def test_what_is_gone_is_not_changed(delivery: Delivery) -> None:
    with pytest.raises(ObjectDoesNotExist):
        records.change(delivery, {"reason": "x"}, plus={}, returning="reason")
