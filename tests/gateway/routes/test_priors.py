"""What is learnt of models: the posterior's bound, how it fades, and how batches are merged."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.gateway.ledger import learning
from apps.gateway.models import TaskQuality
from apps.gateway.routes.priors import HALF_LIFE_S, Prior, interval, lower_bound

KNOWN = [  # from tables of the Beta distribution
    (0, 0, 0.05), (9, 0, 0.741), (0, 9, 0.005), (5, 5, 0.271), (99, 1, 0.953), (20, 0, 0.867),
]  # fmt: skip


@pytest.mark.parametrize(("passed", "failed", "bound"), KNOWN)
def test_the_bound_is_that_of_the_posterior(passed: int, failed: int, bound: float) -> None:
    assert lower_bound(passed, failed) == pytest.approx(bound, abs=0.002)


def test_more_evidence_of_the_same_narrows_the_interval() -> None:
    widths = [high - low for low, high in (interval(9 * n, n) for n in (1, 10, 100, 10_000))]
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < 0.01
    low, high = interval(90, 10)
    assert low < 0.9 < high
    assert 0 <= interval(0, 0)[0] < interval(0, 0)[1] <= 1


def row(task: str = "json", **more: Any) -> dict[str, Any]:
    attempts = more.pop("attempts", [("small", "passed")])
    told = [
        {"provider": "p", "model": model, **({"verdict": {"mark": mark}} if mark else {})}
        for model, mark in attempts
    ]
    return {
        "task_class": task, "route": "default", "builtin": False, "status": "ok", "cache": "",
        "input_tokens": 100, "cached_tokens": 40, "attempts": told, **more,
    }  # fmt: skip


@pytest.mark.django_db
def test_a_batch_is_merged_and_what_is_old_weighs_less(alice: User) -> None:
    learning.learn([row(), row(attempts=[("small", "failed"), ("large", "passed")]), row("chat")])
    known = {(each.task, each.model): each for each in TaskQuality.objects.all()}
    assert set(known) == {("json", "p/small"), ("json", "p/large"), ("chat", "p/small")}
    small = known["json", "p/small"]
    assert (small.passed, small.failed, small.input_tokens, small.cached_tokens) == (1, 1, 100, 40)
    TaskQuality.objects.update(
        passed=8, failed=4, learnt_at=timezone.now() - timedelta(seconds=HALF_LIFE_S)
    )
    learning.learn([row()])
    small.refresh_from_db()
    assert small.passed == pytest.approx(5, abs=0.01)
    assert small.failed == pytest.approx(2, abs=0.01)
    prior = Prior.of(small, timezone.now() + timedelta(seconds=HALF_LIFE_S))
    assert prior.passed == pytest.approx(2.5, abs=0.01)
    assert prior.cached_share == pytest.approx(0.4, abs=0.01)


@pytest.mark.django_db
def test_what_tells_nothing_is_not_kept(alice: User) -> None:
    nothing = [
        row(builtin=True), row(route=""), row(""), row(attempts=[("small", "open"), ("large", "")]),
        row(attempts=[("a", "")], status="error"), row(attempts=[("a", "")], cache="hit"),
    ]  # fmt: skip
    learning.learn(nothing)
    assert not TaskQuality.objects.exists()
