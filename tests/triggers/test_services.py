"""Making, changing and repeating: who may, whose rights count, what is kept secret."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from apps.accounts.models import RoleBinding, User
from apps.accounts.services import create_folder
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid, NotFound
from apps.dispatch.models import Chore
from apps.runs.exceptions import Archived, BadInputs, NotPublished
from apps.runs.models import Run
from apps.triggers.deliveries import DELIVERY, SCHEDULE, carry_out
from apps.triggers.exceptions import (
    BadConfig,
    NotASchedule,
    NotAWebhook,
    NotReplayable,
    PathTaken,
    SecretMissing,
)
from apps.triggers.models import Delivery, Trigger
from apps.triggers.services import (
    ALPHABET,
    create_trigger,
    delete_trigger,
    find_delivery,
    find_trigger,
    listen,
    next_fire_times,
    replay,
    update_trigger,
)
from apps.vault.services import unseal
from apps.workflows.models import Workflow
from apps.workflows.services import archive_workflow, create_workflow
from tests.factories.triggers import due, echo, fire, now, trigger
from tests.runs.scenes import published

HEADER: dict[str, Any] = {"auth": {"kind": "header"}}


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return published(bob, echo(), name="Echo")


def made(actor: User, workflow: Workflow, **rest: Any) -> Trigger:
    given: dict[str, Any] = {"name": "Hook", "kind": "webhook", "config": {}, **rest}
    return create_trigger(actor=actor, workflow=workflow, **given)[0]


class TestMaking:
    def test_its_maker_answers_for_it(self, bob: User, workflow: Workflow) -> None:
        hook = made(bob, workflow)
        assert (hook.run_as, hook.state) == (bob, "active")
        assert len(hook.path) == 26
        assert len(ALPHABET) ** len(hook.path) >= 2**128
        entry = AuditEntry.objects.get(action="trigger.created")
        assert (entry.target_id, entry.actor_label) == (str(hook.pk), "Bob")

    def test_operators_and_viewers_may_not(
        self, oscar: User, vera: User, workflow: Workflow
    ) -> None:
        for person in (oscar, vera):
            with pytest.raises(Forbidden):
                made(person, workflow)
        assert not Trigger.objects.exists()

    def test_who_may_edit_triggers_but_not_run_may_not(
        self, bob: User, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from apps.accounts import roles

        reduced = {**roles.BUILTIN, "builder": roles.BUILTIN["builder"] - {"workflow.run"}}
        monkeypatch.setattr("apps.accounts.models.rights.BUILTIN", reduced)
        with pytest.raises(Forbidden):
            made(User.objects.get(pk=bob.pk), workflow)

    def test_an_unpublished_workflow_only_switched_off(self, bob: User) -> None:
        draft = create_workflow(actor=bob, name="Draft", definition=echo())
        with pytest.raises(NotPublished):
            made(bob, draft)
        off = made(bob, draft, enabled=False)
        with pytest.raises(NotPublished):
            update_trigger(off, actor=bob, changes={"enabled": True})

    def test_an_archived_workflow(self, bob: User, workflow: Workflow) -> None:
        with pytest.raises(Archived):
            made(bob, archive_workflow(workflow, actor=bob))

    def test_paths(self, bob: User, workflow: Workflow) -> None:
        assert made(bob, workflow, path=" /orders/new/ ").path == "orders/new"
        with pytest.raises(PathTaken):
            made(bob, workflow, path="orders/new")
        for bad in ("Orders", "a b", "../x", "test", "test/x", "-a", "a//b", "ä", "x" * 101):
            with pytest.raises(Invalid) as caught:
                made(bob, workflow, path=bad)
            assert caught.value.errors[0]["field"] == "path", bad

    def test_what_is_wrong_is_said_for_each_field(self, bob: User, workflow: Workflow) -> None:
        config = {"auth": {"kind": "hmac", "payload": "x"}, "wait_s": 100, "headers": ["Cookie"]}
        with pytest.raises(BadConfig) as caught:
            made(bob, workflow, config=config)
        fields = {each["field"] for each in caught.value.errors}
        assert fields == {"config.auth", "config.wait_s", "config.headers"}

    def test_inputs_of_a_schedule_must_fit(self, bob: User) -> None:
        greeting = published(bob)
        with pytest.raises(BadInputs):
            made(bob, greeting, kind="schedule", config={"every_s": 60})
        config = {"every_s": 60, "inputs": {"who": "Ada"}}
        schedule = made(bob, greeting, kind="schedule", config=config)
        due(schedule, now())
        run = fire(schedule)[0].run
        assert run is not None
        assert run.inputs == {"who": "Ada"}

    def test_events_of_what_one_does_not_see(
        self, bob: User, workflow: Workflow, alice: User
    ) -> None:
        other = published(alice, echo(), name="Hidden")
        hidden = create_folder(name="Hidden", actor=alice)
        Workflow.objects.filter(pk=other.pk).update(folder=hidden)
        place = create_folder(name="Bob's", actor=alice)
        Workflow.objects.filter(pk=workflow.pk).update(folder=place)
        RoleBinding.objects.filter(user=bob).update(folder=place)
        person, own = User.objects.get(pk=bob.pk), Workflow.objects.get(pk=workflow.pk)
        for config in ({"workflows": [str(other.pk)]}, {"folder": str(hidden.pk)}):
            with pytest.raises(BadConfig):
                made(person, own, kind="event", config={"events": ["run.failed"], **config})


class TestSecrets:
    def test_one_is_made_and_told_once(self, bob: User, workflow: Workflow) -> None:
        hook, secret = create_trigger(
            actor=bob, name="Hook", kind="webhook", workflow=workflow, config=HEADER
        )
        assert len(secret) >= 32
        assert secret not in hook.secret
        assert unseal(hook.secret, context=hook.secret_context) == secret
        assert update_trigger(hook, actor=bob, changes={"name": "Other"})[1] == ""

    def test_a_given_one_is_kept_and_never_told(self, bob: User, workflow: Workflow) -> None:
        secret = "a secret of the sender"
        hook, told = create_trigger(
            actor=bob, name="Hook", kind="webhook", workflow=workflow, config=HEADER, secret=secret
        )
        assert told == ""
        update_trigger(hook, actor=bob, changes={"secret": "another of the sender's"})
        trail = [(entry.before, entry.after) for entry in AuditEntry.objects.all()]
        assert "of the sender" not in str(trail)
        assert "'secret': 'changed'" in str(trail)

    def test_it_goes_with_the_kind_that_needs_it(self, bob: User, workflow: Workflow) -> None:
        hook = made(bob, workflow, config=HEADER)
        open_, _ = update_trigger(hook, actor=bob, changes={"config": {}})
        assert open_.secret == ""
        _, secret = update_trigger(open_, actor=bob, changes={"config": HEADER})
        assert secret

    def test_one_too_short_for_the_new_kind_is_refused(self, bob: User, workflow: Workflow) -> None:
        hook = made(bob, workflow, config=HEADER, secret="x" * 16)
        with pytest.raises(Invalid) as caught:
            update_trigger(
                hook, actor=bob, changes={"config": {"auth": {"kind": "jwt", "audience": "us"}}}
            )
        assert caught.value.errors[0]["field"] == "secret"

    def test_a_public_key_cannot_be_made(self, bob: User, workflow: Workflow) -> None:
        with pytest.raises(SecretMissing):
            made(
                bob,
                workflow,
                config={"auth": {"kind": "jwt", "algorithm": "RS256", "audience": "us"}},
            )

    def test_a_public_key_becomes_no_secret(self, bob: User, workflow: Workflow) -> None:
        numbers = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
        key = json.dumps({"keys": [RSAAlgorithm.to_jwk(numbers, as_dict=True)]})
        auth = {"kind": "jwt", "algorithm": "RS256", "audience": "us"}
        hook = made(bob, workflow, config={"auth": auth}, secret=key)
        for other in ({"kind": "jwt", "audience": "us"}, {"kind": "header"}):
            changed, secret = update_trigger(hook, actor=bob, changes={"config": {"auth": other}})
            assert secret
            assert unseal(changed.secret, context=changed.secret_context) == secret
            update_trigger(hook, actor=bob, changes={"config": {"auth": auth}, "secret": key})


class TestChanging:
    def test_who_changes_it_answers_for_it(
        self, bob: User, alice: User, workflow: Workflow
    ) -> None:
        hook = made(bob, workflow)
        renamed, _ = update_trigger(hook, actor=alice, changes={"name": "Renamed"})
        assert renamed.run_as == bob
        changed, _ = update_trigger(hook, actor=alice, changes={"config": {"wait_s": 5}})
        assert changed.run_as == alice
        off, _ = update_trigger(hook, actor=bob, changes={"enabled": False})
        assert off.run_as == alice

    def test_what_is_changed_while_it_is_off_borrows_nobodys_rights(
        self, bob: User, alice: User, workflow: Workflow
    ) -> None:
        schedule = made(alice, workflow, kind="schedule", config={"every_s": 60})
        waiting = Delivery.objects.create(trigger=schedule, payload={})
        other = published(bob, echo(), name="Another")
        changes = {"enabled": False, "workflow": other}
        assert update_trigger(schedule, actor=bob, changes=changes)[0].run_as == bob
        carry_out(waiting.pk)
        assert Run.objects.get().started_by == bob

    def test_a_test_by_another_person_ends(
        self, bob: User, alice: User, workflow: Workflow
    ) -> None:
        hook = listen(made(alice, workflow), actor=alice)
        other = published(bob, echo(), name="Another")
        assert update_trigger(hook, actor=alice, changes={"config": {}})[0].test_until
        changed, _ = update_trigger(hook, actor=bob, changes={"workflow": other})
        assert changed.test_until is None

    def test_operators_may_not(self, bob: User, oscar: User, workflow: Workflow) -> None:
        hook = made(bob, workflow)
        with pytest.raises(Forbidden):
            update_trigger(hook, actor=oscar, changes={"name": "x"})
        with pytest.raises(Forbidden):
            delete_trigger(hook, actor=oscar)
        with pytest.raises(Forbidden):
            listen(hook, actor=oscar)

    def test_a_new_rule_counts_from_now(self, bob: User, workflow: Workflow) -> None:
        schedule = made(bob, workflow, kind="schedule", config={"every_s": 60})
        changed, _ = update_trigger(schedule, actor=bob, changes={"config": {"every_s": 7200}})
        assert changed.next_at is not None
        assert (changed.next_at - now()).total_seconds() == pytest.approx(7200, abs=20)
        assert Chore.objects.get(kind=SCHEDULE).due_at == changed.next_at
        assert len(next_fire_times(changed, 3)) == 3

    def test_another_name_moves_no_fire_time(self, bob: User, workflow: Workflow) -> None:
        schedule = made(bob, workflow, kind="schedule", config={"every_s": 60})
        renamed, _ = update_trigger(schedule, actor=bob, changes={"name": "Renamed"})
        assert (renamed.next_at, renamed.since) == (schedule.next_at, schedule.since)

    def test_deleting_leaves_the_runs(self, bob: User, workflow: Workflow) -> None:
        schedule = made(bob, workflow, kind="schedule", config={"every_s": 60})
        due(schedule, now())
        fire(schedule)
        delete_trigger(schedule, actor=bob)
        assert Run.objects.count() == 1
        assert not Chore.objects.filter(kind__in=[SCHEDULE, DELIVERY]).exists()
        assert AuditEntry.objects.filter(action="trigger.deleted").exists()

    def test_kinds_keep_to_what_they_have(self, bob: User, workflow: Workflow) -> None:
        hook = made(bob, workflow)
        schedule = made(bob, workflow, kind="schedule", config={"every_s": 60})
        with pytest.raises(NotASchedule):
            next_fire_times(hook)
        with pytest.raises(NotAWebhook):
            listen(schedule, actor=bob)
        assert schedule.path == ""


class TestReplaying:
    @pytest.fixture
    def delivery(self, bob: User) -> Delivery:
        schedule = trigger(bob, "schedule", {"every_s": 60})
        due(schedule, now())
        return fire(schedule)[0]

    def test_it_is_a_new_run_in_ones_own_name(self, delivery: Delivery, alice: User) -> None:
        again = replay(delivery, actor=alice)
        assert again.run is not None
        assert again.run != delivery.run
        assert (again.run.started_by, again.replay_of, again.replayed_by) == (
            alice,
            delivery,
            alice,
        )
        assert delivery.run is not None
        assert again.run.inputs == delivery.run.inputs
        assert replay(again, actor=alice).run not in {again.run, delivery.run}
        assert AuditEntry.objects.filter(action="trigger.replayed").count() == 2

    def test_others_may_not(self, delivery: Delivery, oscar: User) -> None:
        with pytest.raises(Forbidden):
            replay(delivery, actor=oscar)

    def test_what_is_not_whole_or_still_pending_is_not_repeated(
        self, delivery: Delivery, bob: User
    ) -> None:
        for changes in ({"is_whole": False}, {"is_whole": True, "outcome": "pending"}):
            Delivery.objects.filter(pk=delivery.pk).update(**changes)
            found = find_delivery(delivery.trigger, delivery.pk, actor=bob)
            with pytest.raises(NotReplayable):
                replay(found, actor=bob)


def test_others_do_not_find_it(bob: User, alice: User, vera: User, workflow: Workflow) -> None:
    hook = made(bob, workflow)
    assert find_trigger(hook.pk, actor=vera) == hook
    elsewhere = create_folder(name="Elsewhere", actor=alice)
    RoleBinding.objects.filter(user=vera).update(folder=elsewhere)
    with pytest.raises(NotFound):
        find_trigger(hook.pk, actor=User.objects.get(pk=vera.pk))
