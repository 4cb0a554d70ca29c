"""Votes at the same moment: of one person, of several, with the end of the time or of the run."""

import itertools
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.runs.interpreter.folding import fold
from apps.runs.models import Run
from apps.runs.services import cancel_run, decide
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.runs import carry, events, fire_timers
from tests.runs.scenes import Ask, emails, outputs

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(alpha: Tenant, works: Sequence[Callable[[], Any]]) -> list[str]:
    """Do things in threads that start together; return how each ended."""
    barrier, ends = threading.Barrier(len(works)), []

    def act(work: Callable[[], Any]) -> None:
        with tenant_context(alpha):
            barrier.wait(10)
            try:
                work()
                ends.append("done")
            except DomainError as error:
                ends.append(error.code)
            finally:
                connection.close()

    threads = [threading.Thread(target=act, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(ends)


class TestRaces:
    def test_ten_clicks_of_one_person_are_one_vote(
        self, alpha: Tenant, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(assignees=emails(people), quorum=2)
        clicks = [lambda: decide(wait, actor=people["alice"], decision="approved")] * 10
        assert at_once(alpha, clicks) == ["already_voted"] * 9 + ["done"]
        wait.refresh_from_db()
        assert (wait.status, wait.votes.count()) == ("open", 1)

    def test_ten_clicks_of_several_people_decide_once(
        self, alpha: Tenant, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask()
        users = [user for _, user in zip(range(10), itertools.cycle(people.values()), strict=False)]
        clicks = [partial(decide, wait, actor=user, decision="approved") for user in users]
        assert at_once(alpha, clicks) == ["already_decided"] * 9 + ["done"]
        assert carry(Run.objects.get(pk=wait.run_id)).status == "succeeded"
        assert [e for e in events(wait.run) if "decided" in e] == ["node.decided ask"]

    def test_a_quorum_is_counted_once(
        self, alpha: Tenant, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(assignees=emails(people), quorum=2)
        clicks = [
            partial(decide, wait, actor=user, decision="approved") for user in people.values()
        ]
        assert at_once(alpha, clicks) == ["already_decided", "done", "done"]
        wait.refresh_from_db()
        assert wait.status == "decided"

    def test_a_decision_and_the_end_of_its_time(
        self, alpha: Tenant, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask(expires_after_s=60)
        fire_timers(wait.run)
        ends = at_once(
            alpha,
            [
                lambda: decide(wait, actor=people["alice"], decision="approved"),
                lambda: fold(wait.run, [("", "ask")]),
            ],
        )
        wait.refresh_from_db()
        expected = {"decided": ["done", "done"], "expired": ["already_decided", "done"]}
        assert ends == expected[wait.status]
        assert outputs(wait)["decision"] == ("approved" if wait.status == "decided" else "expired")

    def test_a_decision_and_the_end_of_the_run(
        self, alpha: Tenant, people: dict[str, User], ask: Ask
    ) -> None:
        wait = ask()
        ends = at_once(
            alpha,
            [
                lambda: decide(wait, actor=people["alice"], decision="approved"),
                lambda: cancel_run(Run.objects.get(pk=wait.run_id), actor=people["bob"]),
            ],
        )
        assert "done" in ends
        wait.refresh_from_db()
        assert wait.status in {"decided", "cancelled"}
