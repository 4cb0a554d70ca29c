"""Steps that call other services, where only so many may at a time."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.credentials.models import StoredCredential
from apps.credentials.services import change_credential, delete_credential
from apps.dispatch import leases, limits, passes
from apps.dispatch.leases import Lease
from apps.dispatch.models import Pass, Ticket
from apps.dispatch.passes import Wanted
from apps.dispatch.services import admit
from apps.dispatch.sweeper import sweep
from apps.gateway.models import Provider
from apps.gateway.services import update_provider
from apps.runs.models import Run
from apps.runs.pages.history import moments
from apps.runs.services import cancel_run
from apps.runs.state.vector import Byte
from tests.credentials.keeping import keep
from tests.factories.runs import Start, carry, error_of, events, step, steps
from tests.factories.targets import Crowd
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import graph
from tests.workflows.definitions import edge, node

# What models are asked, and who is called, other connections write and read.
ALONE = pytest.mark.django_db(transaction=True)


@pytest.fixture
def taken(alpha: object, settings: Settings) -> Lease:
    """Let the workspace have one place, and somebody else hold it."""
    settings.OUTSIDE_PER_TENANT = 1
    lease = leases.claim(admit(uuid7()).pk, "somebody")
    assert lease is not None
    assert passes.take(lease, [Wanted("theirs")]) == {"theirs"}
    return lease


def calling(crowd: Crowd, method: str = "GET") -> dict[str, Any]:
    asked = node("call", "http.request", config={"method": method, "url": crowd.origin})
    return graph(asked, edge("start", "call"))


def status(run: Run) -> str:
    return Ticket.objects.get(pk=run.pk).status


def test_a_step_waits_for_a_free_place_and_holds_no_worker(
    start: Start, crowd: Crowd, taken: Lease
) -> None:
    run = carry(start(calling(crowd, "POST")))
    assert (run.status, status(run), steps(run)["call"]) == ("waiting", "waiting", "waiting")
    assert crowd.asked == 0
    assert bytes(run.state)[1] == Byte.WAITING  # no intent is committed before there is a place
    told = [each.what for each in moments(run, {})]
    assert "Waits for a free place: 1 steps reach outside at a time" in told
    passes.give_back(taken.id, ["theirs"])
    assert status(run) == "ready"
    run = carry(run)
    assert (run.status, crowd.asked, step(run, "call").attempt) == ("succeeded", 1, 1)
    assert passes.in_use() == 0


def test_who_is_woken_in_vain_waits_on_and_says_it_once(
    start: Start, crowd: Crowd, taken: Lease
) -> None:
    run = carry(start(calling(crowd)))
    Pass.objects.filter(ticket_id=run.pk).update(called_at=timezone.now())
    Ticket.objects.filter(pk=run.pk).update(status="ready", wake=99)
    Pass.objects.filter(ticket_id=taken.id).update(asked_at=timezone.now())
    run = carry(run)
    assert (run.status, events(run).count("node.waiting call")) == ("waiting", 1)
    assert Pass.objects.get(ticket_id=run.pk).called_at is None


def test_a_worker_that_dies_frees_its_places(start: Start, crowd: Crowd, taken: Lease) -> None:
    run = carry(start(calling(crowd)))
    past = timezone.now() - timedelta(seconds=1)
    Ticket.objects.filter(pk=taken.id).update(lease_until=past)
    sweep()
    assert carry(run).status == "succeeded"


def test_a_worker_that_dies_with_a_place_before_it_says_so_loses_no_step(
    start: Start, crowd: Crowd, taken: Lease
) -> None:
    run = carry(start(calling(crowd)))
    passes.give_back(taken.id, ["theirs"])
    lease = leases.claim(run.pk, "dies")
    assert lease is not None
    assert passes.take(lease, [Wanted("call")]) == {"call"}
    past = timezone.now() - timedelta(seconds=1)
    Ticket.objects.filter(pk=run.pk).update(lease_until=past)
    sweep()
    run = carry(run)
    assert (run.status, crowd.asked) == ("succeeded", 1)


def test_who_is_cancelled_leaves_the_queue(
    start: Start, crowd: Crowd, taken: Lease, bob: User
) -> None:
    run = carry(start(calling(crowd)))
    cancel_run(run, actor=bob)
    run.refresh_from_db()
    assert (run.status, steps(run)["call"]) == ("cancelled", "cancelled")
    sweep()
    assert not Pass.objects.filter(ticket_id=run.pk).exists()


@ALONE
def test_the_rounds_of_one_run_share_its_places(
    start: Start, crowd: Crowd, settings: Settings
) -> None:
    settings.OUTSIDE_PER_TENANT = 2
    call = inside("each", node("call", "http.request", config={"url": crowd.origin}))
    run = carry(start(over(each(max_parallel=8), call), orders=list(range(9))))
    assert (run.status, crowd.asked, crowd.most) == ("succeeded", 9, 2), run.error
    assert passes.in_use() == 0


def test_without_a_cap_nothing_is_counted(start: Start, crowd: Crowd) -> None:
    assert carry(start(calling(crowd))).status == "succeeded"
    assert not Pass.objects.exists()


def ask(**rest: Any) -> dict[str, Any]:
    return graph(node("ask", "ai.generate", config={"prompt": "Hi"}, **rest), edge("start", "ask"))


def hold(channel: Provider | StoredCredential) -> Lease:
    lease = leases.claim(admit(uuid7()).pk, "somebody")
    assert lease is not None
    assert passes.take(lease, [Wanted("theirs", channel.pk, channel.max_calls)])
    return lease


@ALONE
class TestProviders:
    """So many calls at a time with the key of one provider."""

    def test_a_step_waits_for_a_place_with_its_provider(
        self, start: Start, fake: FakeProvider, bob: User, alice: User
    ) -> None:
        provider = connect(fake, alice, max_calls=1)
        lead(alice, "ok", provider=provider)
        lease = hold(provider)
        run = carry(start(ask()))
        assert (run.status, fake.asked) == ("waiting", [])
        told = [each.what for each in moments(run, {})]
        assert "Waits for a free place: Fake is called 1 at a time" in told
        passes.give_back(lease.id, ["theirs"])
        run = carry(run)
        assert (run.status, len(fake.asked)) == ("succeeded", 1), run.error
        assert passes.in_use() == 0

    def test_a_fallback_that_is_full_is_not_asked(
        self, start: Start, fake: FakeProvider, alice: User
    ) -> None:
        ill, full = connect(fake, alice, name="Ill"), connect(fake, alice, name="Full", max_calls=1)
        route = lead(alice, "error-503", provider=ill)
        route.targets.create(provider=full, model="ok", position=1, order=1)
        hold(full)
        run = carry(start(ask(retry={"max_attempts": 1})))
        assert error_of(run)["code"] == "provider_full"
        assert fake.models == ["error-503"]

    def test_a_fallback_with_room_is_asked_and_counted(
        self, start: Start, fake: FakeProvider, alice: User
    ) -> None:
        ill, free = connect(fake, alice, name="Ill"), connect(fake, alice, name="Free", max_calls=1)
        route = lead(alice, "error-503", provider=ill)
        route.targets.create(provider=free, model="ok", position=1, order=1)
        run = carry(start(ask(retry={"max_attempts": 1})))
        assert (run.status, fake.models) == ("succeeded", ["error-503", "ok"]), run.error
        assert passes.in_use() == 0

    def test_when_the_cap_is_gone_who_waited_goes_on(
        self, start: Start, fake: FakeProvider, alice: User
    ) -> None:
        provider = connect(fake, alice, max_calls=1)
        lead(alice, "ok", provider=provider)
        hold(provider)
        run = carry(start(ask()))
        update_provider(provider, actor=alice, changes={"max_calls": None})
        assert status(run) == "ready"
        assert carry(run).status == "succeeded"
        assert not Pass.objects.filter(ticket_id=run.pk).exists()

    def test_the_built_in_rules_are_not_outside(self, start: Start, taken: Lease) -> None:
        assert carry(start(ask())).status == "succeeded"


def borrowing(crowd: Crowd, credential: StoredCredential) -> dict[str, Any]:
    config = {"url": crowd.origin, "credential": str(credential.pk)}
    return graph(node("call", "http.request", config=config), edge("start", "call"))


def kept(actor: User, crowd: Crowd, max_calls: int | None = 1) -> StoredCredential:
    return keep(actor, hosts=[crowd.origin.removeprefix("http://")], max_calls=max_calls)


@ALONE
class TestCredentials:
    """So many calls at a time with one credential."""

    def test_a_step_waits_for_a_free_call_and_holds_no_worker(
        self, start: Start, crowd: Crowd, alice: User
    ) -> None:
        credential = kept(alice, crowd)
        lease = hold(credential)
        run = carry(start(borrowing(crowd, credential)))
        assert (run.status, status(run), crowd.asked) == ("waiting", "waiting", 0)
        told = [each.what for each in moments(run, {})]
        assert "Waits for a free call of the credential “Stock bearer”: 1 at a time" in told
        use = limits.use_of(credential.pk)
        assert (use.now, use.waiting) == (1, 1)
        passes.give_back(lease.id, ["theirs"])
        run = carry(run)
        assert (run.status, crowd.asked) == ("succeeded", 1), run.error
        assert not Pass.objects.exists()

    def test_a_carrier_that_dies_frees_its_calls(
        self, start: Start, crowd: Crowd, alice: User
    ) -> None:
        credential = kept(alice, crowd)
        lease = hold(credential)
        run = carry(start(borrowing(crowd, credential)))
        past = timezone.now() - timedelta(seconds=1)
        Ticket.objects.filter(pk=lease.id).update(lease_until=past)
        sweep()
        assert carry(run).status == "succeeded"

    def test_only_steps_with_it_wait(self, start: Start, crowd: Crowd, alice: User) -> None:
        hold(kept(alice, crowd))
        other = keep(alice, "header", hosts=[crowd.origin.removeprefix("http://")])
        assert carry(start(borrowing(crowd, other))).status == "succeeded"
        assert carry(start(calling(crowd))).status == "succeeded"

    def test_the_rounds_of_one_run_share_its_calls(
        self, start: Start, crowd: Crowd, alice: User
    ) -> None:
        config = {"url": crowd.origin, "credential": str(kept(alice, crowd, 2).pk)}
        call = inside("each", node("call", "http.request", config=config))
        run = carry(start(over(each(max_parallel=8), call), orders=list(range(9))))
        assert (run.status, crowd.asked, crowd.most) == ("succeeded", 9, 2), run.error

    @pytest.mark.parametrize("wider", [2, None])
    def test_another_cap_counts_at_once_for_who_waits(
        self, start: Start, crowd: Crowd, alice: User, wider: int | None
    ) -> None:
        credential = kept(alice, crowd)
        hold(credential)
        run = carry(start(borrowing(crowd, credential)))
        change_credential(credential, actor=alice, changes={"max_calls": wider})
        assert status(run) == "ready"
        assert carry(run).status == "succeeded"

    def test_who_waits_for_one_that_is_gone_fails_with_a_reason(
        self, start: Start, crowd: Crowd, alice: User
    ) -> None:
        credential = kept(alice, crowd)
        lease = hold(credential)
        run = carry(start(borrowing(crowd, credential)))
        delete_credential(credential, actor=alice, confirmed=True)
        passes.give_back(lease.id, ["theirs"])
        assert error_of(step(carry(run), "call"))["code"] == "credential_missing"
        assert Pass.objects.filter(ticket_id=run.pk).count() == 0
