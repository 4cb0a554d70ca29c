"""Calls of webhooks: what they start, what is refused, and that a repeat starts nothing."""

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import set_active
from apps.audit.models import AuditEntry
from apps.runs.models import Run
from apps.tenants.models import Tenant
from apps.tenants.services import resume_tenant, suspend_tenant
from apps.triggers import limits, webhooks
from apps.triggers.models import Delivery, Trigger
from apps.triggers.services import listen, update_trigger
from apps.workflows.models import Workflow
from apps.workflows.services import archive_workflow, create_workflow, delete_workflow
from tests.factories.callers import Caller
from tests.factories.runs import carry
from tests.factories.triggers import echo, reconfigured, trigger
from tests.runs.scenes import published

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_call_starts_a_run_before_it_is_answered(
    hook: Trigger, bob: User, caller: Caller
) -> None:
    reply = caller(
        "/hooks/orders", {"order": 7}, query="a=1&a=2&b=", x_secret="s", user_agent="curl/8"
    )
    run = Run.objects.get()
    assert (reply.status, reply.json()) == (202, {"run": str(run.pk), "status": "queued"})
    assert (run.trigger, run.started_by, run.version.number) == ("webhook", bob, 1)
    assert run.inputs == {
        "method": "POST",
        "headers": {"content-type": "application/json", "user-agent": "curl/8"},
        "query": {"a": ["1", "2"], "b": ""},
        "body": {"order": 7},
    }
    delivery = Delivery.objects.get()
    assert (delivery.outcome, delivery.run, delivery.payload) == ("started", run, run.inputs)
    outputs: Any = carry(run).outputs
    assert outputs["body"] == {"order": 7}


def test_every_answer_is_sandboxed(hook: Trigger, caller: Caller) -> None:
    elsewhere = Caller(host="nobody.localhost")
    for reply in (
        elsewhere("/hooks/orders", {}),
        caller("/hooks/orders", b"x" * (5 << 20)),
        caller("/hooks/orders", {}),
        caller("/hooks/none", {}),
        caller("/hooks/orders", {}, method="PUT"),
    ):
        assert reply.headers["content-security-policy"] == "sandbox; frame-ancestors 'none'"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in reply.headers
        assert "set-cookie" not in reply.headers


@pytest.mark.parametrize(
    ("body", "media", "expected"),
    [
        (b"", "", None),
        (b"a=1&b=x%20y", "application/x-www-form-urlencoded", {"a": "1", "b": "x y"}),
        (b'{"a": 1}', "application/vnd.api+json", {"a": 1}),
        (b"plain words", "text/plain; charset=utf-8", "plain words"),
    ],
)
def test_bodies(hook: Trigger, caller: Caller, body: bytes, media: str, expected: Any) -> None:
    assert caller("/hooks/orders", body, content_type=media).status == 202
    assert Run.objects.get().inputs["body"] == expected


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"a": 1, "a": 2}', "application/json", 400),
        (b"\xff", "text/plain", 422),
        (b"a\x00b", "text/plain", 422),
        (b"a=%00", "application/x-www-form-urlencoded", 422),
    ],
)
def test_bodies_that_cannot_be_read(
    hook: Trigger, caller: Caller, body: bytes, media: str, status: int
) -> None:
    reply = caller("/hooks/orders", body, content_type=media)
    assert (reply.status, reply.headers["content-type"]) == (status, "application/problem+json")
    delivery = Delivery.objects.get()
    assert (delivery.outcome, delivery.can_be_replayed) == ("refused", False)
    assert not Run.objects.exists()


def test_an_unknown_path_and_every_closed_one_are_alike(
    hook: Trigger, alice: User, bob: User, caller: Caller, alpha: Tenant
) -> None:
    bodies = [caller("/hooks/none", {})]
    update_trigger(hook, actor=bob, changes={"enabled": False})
    bodies.append(caller("/hooks/orders", {}))
    update_trigger(hook, actor=bob, changes={"enabled": True})
    archive_workflow(hook.workflow, actor=bob)
    bodies.append(caller("/hooks/orders", {}))
    archive_workflow(Workflow.objects.get(pk=hook.workflow_id), actor=bob, archived=False)
    delete_workflow(Workflow.objects.get(pk=hook.workflow_id), actor=bob)
    bodies.append(caller("/hooks/orders", {}))
    bodies += [
        caller(path, {})
        for path in ("/hooks/", "/hooks/test/orders", "/hooks/orders/x", "/hooks/ORDERS")
    ]
    suspend_tenant(alpha)
    from apps.tenants import hosts

    hosts.forget()
    bodies.append(caller("/hooks/orders", {}))
    resume_tenant(alpha)
    hosts.forget()
    bodies.append(Caller(host="nobody.localhost")("/hooks/orders", {}))
    bodies.append(Caller(host="www.localhost")("/hooks/orders", {}))
    assert {reply.status for reply in bodies} == {404}
    assert len({reply.body for reply in bodies}) == 1
    assert not Run.objects.exists()


def test_methods(hook: Trigger, caller: Caller) -> None:
    assert caller("/hooks/orders", method="GET").status == 202
    reply = caller("/hooks/orders", method="DELETE")
    assert (reply.status, reply.headers["allow"]) == (405, "POST, GET")
    assert caller("/hooks/orders", method="OPTIONS", origin="https://evil.example").status == 405


def test_another_workspace_does_not_have_it(hook: Trigger, caller: Caller, beta: Tenant) -> None:
    assert Caller(host="beta.localhost")("/hooks/orders", {}).status == 404


class TestForms:
    def test_a_form_takes_what_it_has_fields_for(self, bob: User, caller: Caller) -> None:
        definition = echo()
        definition["nodes"][0]["config"]["fields"] = [{"name": "body", "type": "json"}]
        trigger(bob, "webhook", {}, path="x", workflow=published(bob, definition))
        assert caller("/hooks/x", {"a": 1}).status == 202
        assert Run.objects.get().inputs == {"body": {"a": 1}}

    def test_a_body_is_mapped_onto_the_form(self, bob: User, caller: Caller) -> None:
        trigger(bob, "webhook", {"input": "body"}, path="x", workflow=published(bob))
        assert caller("/hooks/x", {"who": "Ada"}).status == 202
        assert Run.objects.get().inputs == {"who": "Ada"}
        reply = caller("/hooks/x", {"whom": "Ada"})
        assert reply.status == 422
        assert {each["field"] for each in reply.json()["errors"]} == {"who", "whom"}
        assert caller("/hooks/x", [1]).status == 422
        assert Run.objects.count() == 1
        assert "whom" in Delivery.objects.filter(outcome="refused").order_by("created_at")[0].reason


class TestLimits:
    def test_so_many_a_minute(self, hook: Trigger, bob: User, caller: Caller) -> None:
        """A minute may end in between, so that there are two of them at most."""
        reconfigured(hook, bob, rate_per_minute=1)
        replies = [caller("/hooks/orders", {}) for _ in range(4)]
        refused = [reply for reply in replies if reply.status == 429]
        assert len(refused) >= 2
        assert all(0 < int(reply.headers["retry-after"]) <= 60 for reply in refused)
        assert Run.objects.count() == 4 - len(refused) > 0

    def test_bodies_up_to_a_size(self, hook: Trigger, bob: User, caller: Caller) -> None:
        reconfigured(hook, bob, max_body_kib=1)
        assert caller("/hooks/orders", {"a": "x" * 900}).status == 202
        assert caller("/hooks/orders", {"a": "x" * 1100}).status == 413
        huge = caller("/hooks/orders", b"x" * (5 << 20))
        assert huge.status == 413
        assert Run.objects.count() == 1

    def test_a_full_backlog_is_refused(self, hook: Trigger, caller: Caller, settings: Any) -> None:
        settings.RUN_BACKLOG = 0
        reply = caller("/hooks/orders", {})
        assert (reply.status, reply.json()["code"]) == (429, "backlogged")
        assert reply.headers["retry-after"]
        assert not Run.objects.exists()

    def test_refusals_of_strangers_are_noted_up_to_a_number(
        self, hook: Trigger, bob: User, caller: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "NOTED_REFUSALS", 3)
        reconfigured(hook, bob, auth={"kind": "header"})
        for _ in range(12):
            assert caller("/hooks/orders", {"card": "4111"}).status == 401
        noted = list(Delivery.objects.all())
        assert 3 <= len(noted) <= 6  # a minute may end in between
        assert not any("4111" in str(each.payload) or each.can_be_replayed for each in noted)

    def test_a_large_body_is_not_kept(self, hook: Trigger, caller: Caller) -> None:
        assert caller("/hooks/orders", {"a": "x" * (65 << 10)}).status == 202
        delivery = Delivery.objects.get()
        assert (delivery.payload["body"], delivery.can_be_replayed) == (None, False)


def test_deliveries_are_bounded(
    hook: Trigger, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.triggers import deliveries

    monkeypatch.setattr(deliveries, "KEPT", 3)
    monkeypatch.setattr(deliveries, "KEPT_REFUSED", 2)
    for _ in range(5):
        caller("/hooks/orders", {})
        caller("/hooks/orders", b"{", content_type="application/json")
    deliveries.tidy(hook.pk)
    assert Delivery.objects.filter(outcome="started").count() == 3
    assert Delivery.objects.filter(outcome="refused").count() == 2
    monkeypatch.setattr(deliveries, "TIDY_EVERY", 1)
    caller("/hooks/orders", {})
    assert Delivery.objects.filter(outcome="started").count() == 3


def test_headers_that_authenticate_are_never_handed_on(
    hook: Trigger, bob: User, caller: Caller
) -> None:
    config = {"auth": {"kind": "header", "header": "x-key"}, "headers": ["x-key", "x-shop"]}
    changes = {"config": {**hook.config, **config}, "secret": "a secret of the shop"}
    update_trigger(hook, actor=bob, changes=changes)
    assert caller("/hooks/orders", {}, x_key="a secret of the shop", x_shop="7").status == 202
    assert Run.objects.get().inputs["headers"] == {"x-shop": "7"}


def test_a_person_who_left_pauses_it(hook: Trigger, alice: User, bob: User, caller: Caller) -> None:
    set_active(bob, active=False, actor=alice)
    assert caller("/hooks/orders", {}).status == 404
    hook.refresh_from_db()
    assert (hook.state, Delivery.objects.get().outcome) == ("paused", "refused")
    assert AuditEntry.objects.filter(action="trigger.paused").count() == 1


class TestTestAddress:
    @pytest.fixture
    def draft(self, bob: User) -> Trigger:
        workflow = create_workflow(actor=bob, name="Draft", definition=echo())
        return trigger(bob, "webhook", {}, path="draft", workflow=workflow, enabled=False)

    def test_it_runs_the_draft_while_somebody_listens(
        self, draft: Trigger, alice: User, caller: Caller
    ) -> None:
        assert caller("/hooks/test/draft", {}).status == 404
        listen(draft, actor=alice)
        assert caller("/hooks/test/draft", {"a": 1}).status == 202
        run, delivery = Run.objects.get(), Delivery.objects.get()
        assert (run.version.number, run.started_by, delivery.is_test) == (None, alice, True)
        assert caller("/hooks/draft", {}).status == 404
        Trigger.objects.update(test_until=timezone.now())
        assert caller("/hooks/test/draft", {}).status == 404

    def test_tests_are_not_deduplicated(self, draft: Trigger, bob: User, caller: Caller) -> None:
        changed = reconfigured(draft, bob, dedupe_header="x-id")
        listen(changed, actor=bob)
        for _ in range(2):
            assert caller("/hooks/test/draft", {}, x_id="1").status == 202
        assert Run.objects.count() == 2


def test_pointers() -> None:
    value = {"a": [{"b/c": 1, "d~e": 2}], "": 3}
    found = [
        webhooks.at_pointer(value, each)
        for each in ("/a/0/b~1c", "/a/0/d~0e", "/a/1", "/a/x", "/a/0/b~1c/z", "/")
    ]
    assert found == [1, 2, None, None, None, 3]


@pytest.mark.parametrize("path", ["/hooks/\x00", "/hooks/test/orders\x00", "/hooks/\ud800"])
def test_a_path_that_no_database_can_look_for_is_not_there(caller: Caller, path: str) -> None:
    assert caller(path).status == 404


def test_a_stream_ends_with_its_workspace(hook: Trigger, alpha: Tenant) -> None:
    assert webhooks.still_open(hook.pk)
    suspend_tenant(alpha)
    assert not webhooks.still_open(hook.pk)
    resume_tenant(alpha)
    Trigger.objects.all().delete()
    assert not webhooks.still_open(hook.pk)
