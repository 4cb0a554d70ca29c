"""Repeats of calls: the same id starts no second run, and is no key to the first one's answer."""

import asyncio
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.runs.models import Run
from apps.triggers.exceptions import BadConfig
from apps.triggers.models import Delivery, Trigger
from apps.triggers.services import update_trigger
from tests.factories.callers import Caller
from tests.factories.triggers import reconfigured

SECRET = "a secret between two parties only"
pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_key_is_the_same_run(hook: Trigger, bob: User, caller: Caller) -> None:
    reconfigured(hook, bob, dedupe_header="X-Event-Id")
    first = caller("/hooks/orders", {"n": 1}, x_event_id="e1")
    again = caller("/hooks/orders", {"n": 1}, x_event_id="e1")
    other = caller("/hooks/orders", {"n": 3}, x_event_id="e2")
    assert first.json() == again.json() != other.json()
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert Run.objects.count() == 2
    outcomes = Delivery.objects.order_by("created_at").values_list("outcome", flat=True)
    assert list(outcomes) == ["started", "duplicate", "started"]


@pytest.mark.parametrize(
    "other",
    [
        {"body": {"n": 2}},
        {"body": b'{"n":1}'},
        {"body": None},
        {"query": "a=1"},
        {"method": "GET"},
        {"user_agent": "other"},
        {"content_type": "text/plain"},
    ],
    ids=str,
)
def test_who_only_knows_the_id_is_told_that_it_is_known(
    hook: Trigger, bob: User, caller: Caller, other: dict[str, Any]
) -> None:
    reconfigured(hook, bob, dedupe_header="x-id")
    sent: dict[str, Any] = {"body": b'{"n": 1}', "content_type": "application/json"}
    run = caller("/hooks/orders", **sent, x_id="e1").json()["run"]
    for _ in range(2):  # repeating what was not told the first time changes nothing
        reply = caller("/hooks/orders", **{**sent, **other}, x_id="e1")
        assert (reply.status, reply.json()) == (202, {"status": "duplicate"})
        assert reply.headers["idempotency-replayed"] == "true"
    assert caller("/hooks/orders", **sent, x_id="e1").json()["run"] == run
    assert Run.objects.count() == 1
    noted = Delivery.objects.exclude(reason="")
    assert {each.outcome for each in noted} == {"duplicate"}
    assert noted.count() == 2


def test_once_the_first_call_is_tidied_away_nobody_is_told(
    hook: Trigger, bob: User, caller: Caller
) -> None:
    """Who sends many calls could push it out, and be taken for the first one."""
    reconfigured(hook, bob, dedupe_header="x-id")
    caller("/hooks/orders", {"n": 1}, x_id="e1")
    Delivery.objects.all().delete()
    for body in ({"n": 2}, {"n": 2}, {"n": 1}):
        assert caller("/hooks/orders", body, x_id="e1").json() == {"status": "duplicate"}


def test_with_a_secret_the_id_is_enough(hook: Trigger, bob: User, caller: Caller) -> None:
    auth = {"kind": "header", "header": "x-key"}
    changed = {"config": {**hook.config, "auth": auth, "dedupe_header": "x-id"}}
    update_trigger(hook, actor=bob, changes={**changed, "secret": SECRET})
    first, again = (caller("/hooks/orders", {"try": n}, x_id="e1", x_key=SECRET) for n in (1, 2))
    assert first.json() == again.json()
    assert caller("/hooks/orders", {"try": 1}, x_id="e1", x_key="wrong").status == 401
    assert set(Delivery.objects.values_list("digest", flat=True)) == {""}


def test_without_a_key_each_call_counts(hook: Trigger, bob: User, caller: Caller) -> None:
    reconfigured(hook, bob, dedupe_header="X-Event-Id")
    caller("/hooks/orders", {})
    caller("/hooks/orders", {})
    assert Run.objects.count() == 2


def test_the_key_may_lie_in_the_body(hook: Trigger, bob: User, caller: Caller) -> None:
    reconfigured(hook, bob, dedupe_pointer="/events/0/id")
    for number in (7, 7, "7"):  # a number is not its text
        caller("/hooks/orders", {"events": [{"id": number}]})
    caller("/hooks/orders", {"events": []})
    assert Run.objects.count() == 3


def test_after_a_day_the_key_is_new(hook: Trigger, bob: User, caller: Caller) -> None:
    reconfigured(hook, bob, dedupe_header="x-id")
    caller("/hooks/orders", {}, x_id="a")
    Run.objects.update(created_at=timezone.now() - timedelta(hours=23))
    caller("/hooks/orders", {}, x_id="a")
    assert Run.objects.count() == 1
    Run.objects.update(created_at=timezone.now() - timedelta(hours=25))
    caller("/hooks/orders", {}, x_id="a")
    assert Run.objects.count() == 2


def test_a_signed_id_is_the_senders(hook: Trigger, bob: User, caller: Caller) -> None:
    auth = {"kind": "hmac", "payload": "{id}.{body}"}
    changed = {"config": {**hook.config, "auth": auth, "dedupe_header": "x-id"}}
    update_trigger(hook, actor=bob, changes={**changed, "secret": SECRET})
    signed = hmac.new(SECRET.encode(), b'e1.{"n": 1}', hashlib.sha256).hexdigest()
    for event, status in (("e1", 202), ("e1", 202), ("e2", 401)):
        reply = caller("/hooks/orders", {"n": 1}, x_signature=signed, x_id=event)
        assert reply.status == status
    assert Run.objects.count() == 1


def test_an_id_that_the_signature_leaves_out_is_refused_when_it_is_set(
    hook: Trigger, bob: User
) -> None:
    for auth in ({"kind": "hmac"}, {"kind": "hmac", "timestamp_header": "x-time"}):
        with pytest.raises(BadConfig) as caught:
            reconfigured(hook, bob, auth=auth, dedupe_header="x-id")
        assert caught.value.errors[0]["field"] == "config.dedupe_header"
    reconfigured(hook, bob, auth={"kind": "hmac"}, dedupe_pointer="/id")


def test_where_it_was_set_before_it_drops_no_call(hook: Trigger, bob: User, caller: Caller) -> None:
    """Else whoever overhears one call could have the next one taken for a repeat."""
    changes = {"config": {**hook.config, "auth": {"kind": "hmac"}}, "secret": SECRET}
    update_trigger(hook, actor=bob, changes=changes)
    hook.refresh_from_db()
    hook.config["dedupe_header"] = "x-id"
    hook.save()
    for body in (b'{"n": 1}', b'{"n": 2}'):
        signed = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        caller("/hooks/orders", body, x_signature=signed, x_id="same")
    assert Run.objects.count() == 2


def test_many_at_once_are_one_run(hook: Trigger, bob: User, caller: Caller) -> None:
    reconfigured(hook, bob, dedupe_header="x-id")

    async def storm() -> list[Any]:
        calls = (caller.call("/hooks/orders", {"n": 1}, x_id="same") for _ in range(12))
        return await asyncio.gather(*calls)

    replies = asyncio.run(storm())
    assert {reply.status for reply in replies} == {202}
    assert len({reply.json()["run"] for reply in replies}) == 1
    assert Run.objects.count() == 1
    assert Delivery.objects.filter(outcome="duplicate").count() == 11
