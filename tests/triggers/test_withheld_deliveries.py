"""Calls whose values a workflow withholds: the caller is answered, and no delivery holds them."""

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.types import JSONDict
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.triggers.models import Delivery
from apps.triggers.services import update_trigger
from tests.classification.search import places_of
from tests.factories.callers import Caller, Reply
from tests.factories.triggers import trigger
from tests.runs.scenes import published
from tests.runs.withholding.test_withholding import MAIL, marked

pytestmark = pytest.mark.django_db(transaction=True)


def hook(actor: User, **config: object) -> None:
    workflow = published(actor, marked(body={"to": "{{ input.email }}"}), name="Letters")
    settings = {"answer": "last", "input": "body", **config}
    trigger(actor, "webhook", settings, path="x", workflow=workflow)


def called(caller: Caller, body: JSONDict) -> Reply:
    return caller("/hooks/x", body)


def test_the_caller_is_answered_and_the_delivery_holds_placeholders(
    bob: User, alpha: Tenant, caller: Caller
) -> None:
    hook(bob)
    reply = called(caller, {"email": MAIL, "plain": "open"})
    assert reply.json() == {"to": MAIL}
    with tenant_context(alpha):
        delivery = Delivery.objects.get()
        assert delivery.payload["body"]["email"].startswith("[personal:")
        assert (delivery.payload["body"]["plain"], delivery.is_whole) == ("open", False)
        assert not delivery.can_be_replayed
        assert places_of(MAIL) == []


def test_a_repeat_and_a_refused_call_keep_nothing(bob: User, alpha: Tenant, caller: Caller) -> None:
    hook(bob, dedupe_pointer="/email")
    for _ in range(2):
        assert called(caller, {"email": MAIL}).status == 200
    assert called(caller, {"email": MAIL, "plain": 7}).json() == {"status": "duplicate"}
    assert called(caller, {"unknown": MAIL}).status == 422
    with tenant_context(alpha):
        assert Run.objects.count() == 1
        assert set(Delivery.objects.values_list("outcome", flat=True)) == {
            "started", "duplicate", "refused",
        }  # fmt: skip
        assert places_of(MAIL) == []


def test_the_trail_of_a_schedule_holds_no_marked_input(bob: User) -> None:
    workflow = published(bob, marked(), name="Letters")
    inputs = {"email": MAIL, "plain": "open-marker"}
    made = trigger(bob, "schedule", {"every_s": 3600, "inputs": inputs}, workflow=workflow)
    assert made.config["inputs"] == inputs  # the setting itself is as it was written
    changed = {**made.config, "inputs": {**inputs, "email": f"new-{MAIL}"}}
    update_trigger(made, actor=bob, changes={"config": changed})
    told = list(AuditEntry.objects.filter(action__startswith="trigger.").order_by("at"))
    assert [each.action for each in told] == ["trigger.created", "trigger.updated"]
    assert [(each.after or {})["config"]["inputs"] for each in told] == [
        {"email": "[personal, withheld]", "plain": "open-marker"}
    ] * 2
    assert {each.split(":")[0] for each in places_of(MAIL)} == {"triggers_trigger.config"}
