"""Advice: found in the ledger and in what was learnt, applied, undone, dismissed, and gone again."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.dispatch.models import Chore
from apps.gateway import outlook, services
from apps.gateway.advisor import looking
from apps.gateway.advisor import services as advisor
from apps.gateway.exceptions import AdviceDecided, BadAdvice, RouteChanged
from apps.gateway.models import Advice, LlmCall, ModelRoute, Provider, TaskQuality
from apps.gateway.prices import retiring
from tests.factories.browsers import browser
from tests.factories.cast import api_client

pytestmark = pytest.mark.django_db
URL = "/api/v1/gateway/advice/"
TASK = "classify/json"


@pytest.fixture
def provider(alice: User) -> Provider:
    made = services.add_provider(
        actor=alice, kind="openai_compatible", name="Fake", base_url="https://models.invalid/v1",
        credential="sk-of-a-test",
    )  # fmt: skip
    for model, price in (("small", 1), ("large", 20)):
        services.set_price(
            actor=alice, provider="fake", model=model, input_usd=Decimal(price),
            output_usd=Decimal(price),
        )  # fmt: skip
    return made


@pytest.fixture
def route(alice: User, provider: Provider) -> ModelRoute:
    """A route to the large model; another one knows the small one."""
    small = {"provider": "fake", "model": "small", "context_tokens": 9_000}
    services.save_route(None, actor=alice, alias="elsewhere", targets=[small])
    targets = [{"provider": "fake", "model": "large"}, {"provider": "built-in"}]
    return services.save_route(None, actor=alice, alias="triage", targets=targets)


def ledger(calls: int = 10, **more: Any) -> None:
    """Keep calls of the large model, each with a million tokens in all."""
    fields = {
        "request_id": "r", "route": "triage", "task_class": TASK, "node_id": "sort", "status": "ok",
        "input_tokens": 900_000, "output_tokens": 100_000, "cost_usd": Decimal(20), **more,
    }  # fmt: skip
    LlmCall.objects.bulk_create([LlmCall(**fields) for _ in range(calls)])


def learnt(passed: float, failed: float, task: str = TASK) -> None:
    TaskQuality.objects.update_or_create(
        task=task, model="fake/small", defaults={"passed": passed, "failed": failed}
    )


@pytest.fixture
def advice(route: ModelRoute) -> Advice:
    ledger()
    learnt(95, 5)
    looking.look()
    return Advice.objects.get()


def test_advice_tells_both_costs_and_what_bears_it_out(advice: Advice, route: ModelRoute) -> None:
    assert (advice.route, advice.provider, advice.model) == (route, "fake", "small")
    assert (advice.classes, advice.steps, advice.calls) == ([TASK], ["sort"], 10)
    assert advice.now_usd == 200
    # A dollar a call, and the large one again for the 6 of 102 that may fail.
    assert advice.then_usd == pytest.approx(
        Decimal(10) + 200 * Decimal(6) / 102, abs=Decimal("0.001")
    )
    assert advice.saved_usd == advice.now_usd - advice.then_usd
    assert (advice.checked, advice.passed) == (100, 0.95)
    assert 0.8 < advice.low < 0.95 < advice.high < 1
    looking.look()
    assert Advice.objects.get().pk == advice.pk  # found again, it is the same one


@pytest.mark.parametrize(
    ("passed", "failed", "policy"),
    [
        (45, 3, {}),  # too few
        (82, 18, {}),  # the interval touches the floor
        (95, 5, {"quality_floor": 0.95}),
        (95, 5, {"max_ttft_ms": 2_000}),  # streams that somebody waits for
        (95, 5, {"regions": ["eu"]}),
    ],
)
def test_no_advice_without_evidence(
    alice: User, route: ModelRoute, passed: int, failed: int, policy: dict[str, Any]
) -> None:
    ledger()
    learnt(passed, failed)
    services.save_route(route, actor=alice, policy=policy)
    looking.look()
    assert not Advice.objects.exists()


def test_only_calls_that_can_be_checked_count(route: ModelRoute) -> None:
    for task in ("classify/json", "tools", "chat"):
        learnt(95, 5, task)
    for more in (
        {"task_class": "chat"}, {"task_class": "tools"}, {"status": "error"}, {"cache": "hit"},
        {"created_at": timezone.now() - timedelta(days=31)}, {"route": "other"}, {"cost_usd": None},
    ):  # fmt: skip
        ledger(**more)
    looking.look()
    assert not Advice.objects.exists()


def test_advice_that_holds_no_longer_is_gone(advice: Advice) -> None:
    learnt(50, 50)
    looking.look()
    assert not Advice.objects.exists()


def test_applying_makes_a_version_and_undoing_makes_the_one_before(
    alice: User, advice: Advice, route: ModelRoute
) -> None:
    saved = advisor.apply_advice(advice, actor=alice)
    assert (saved.version, saved.policy) == (2, {"verify": "escalate"})
    shown = [(each.model, each.order, each.role) for each in saved.targets.all()]
    assert shown[:2] == [("small", 0, "cheap"), ("large", 1, "main")]
    assert saved.targets.all()[0].context_tokens == 9_000  # as the other route states it
    with pytest.raises(AdviceDecided):
        advisor.apply_advice(advice, actor=alice)
    looking.look()
    assert Advice.objects.get().status == "applied"
    restored = advisor.undo_advice(advice, actor=alice)
    assert (restored.version, restored.policy) == (3, {})
    assert next(iter(restored.targets.all())).model == "large"
    looking.look()
    undone = Advice.objects.get()
    assert (undone.status, undone.decided_by) == ("undone", str(alice))
    actions = AuditEntry.objects.filter(target_type="advice").order_by("at")
    assert [each.action for each in actions] == ["advice.applied", "advice.undone"]


def test_a_route_that_was_changed_meanwhile_is_left_alone(
    alice: User, advice: Advice, route: ModelRoute
) -> None:
    services.save_route(route, actor=alice, policy={"retries": 1})
    with pytest.raises(RouteChanged):
        advisor.apply_advice(advice, actor=alice)
    looking.look()
    advice.refresh_from_db()
    saved = advisor.apply_advice(advice, actor=alice)
    assert saved.policy == {"retries": 1, "verify": "escalate"}
    services.save_route(saved, actor=alice, policy={})
    with pytest.raises(RouteChanged):
        advisor.undo_advice(advice, actor=alice)


def test_dismissed_advice_rests(alice: User, advice: Advice) -> None:
    with pytest.raises(BadAdvice):
        advisor.dismiss_advice(advice, actor=alice, reason=" ")
    advisor.dismiss_advice(advice, actor=alice, reason="The answers are too dry")
    looking.look()
    assert Advice.objects.get().status == "dismissed"
    Advice.objects.update(decided_at=timezone.now() - looking.SILENT - timedelta(days=1))
    looking.look()
    assert Advice.objects.get().status == "open"


def test_it_is_looked_for_each_night(alice: User, advice: Advice) -> None:
    assert not Chore.objects.filter(kind=outlook.ADVICE).exists()
    retiring.look()
    assert Chore.objects.filter(kind=outlook.ADVICE).count() == 1
    looking.look()
    assert not Chore.objects.filter(kind=outlook.ADVICE).exists()


def test_only_who_manages_providers_acts_on_it(bob: User, vera: User, advice: Advice) -> None:
    for user in (bob, vera):
        for act in ("apply", "undo"):
            assert api_client(user).post(f"{URL}{advice.pk}/{act}/").status_code == 403
        with pytest.raises(Forbidden):
            advisor.dismiss_advice(advice, actor=user, reason="No")


def test_the_api_lists_and_decides(alice: User, advice: Advice) -> None:
    client: APIClient = api_client(alice)
    for query, found in (("", 1), ("q=TRI", 1), ("q=huge", 0), ("status=applied", 0), ("route=triage", 1)):  # fmt: skip
        assert len(client.get(f"{URL}?{query}").json()["results"]) == found
    assert client.get(f"{URL}?status=odd").status_code == 422
    assert client.post(f"{URL}{advice.pk}/dismiss/", {}).status_code == 422
    told = client.post(f"{URL}{advice.pk}/apply/").json()
    assert (told["status"], told["applied_version"]) == ("applied", 2)
    assert client.post(f"{URL}{advice.pk}/apply/").status_code == 409
    assert client.post(f"{URL}{advice.pk}/undo/").json()["status"] == "undone"


def test_the_page_in_each_of_its_states(alice: User, route: ModelRoute) -> None:
    client = browser(alice)
    page = "/relaycore/advice/"
    assert "checked answers in JSON" in client.get(page).content.decode()
    ledger()
    learnt(95, 5)
    looking.look()
    advice = Advice.objects.get()
    shown = client.get(page).content.decode()
    assert "would save $178.24 a month" in shown
    assert "Of 100 checked answers a share of 0.950 held" in shown
    assert "Clear filters" in client.get(f"{page}?q=nothing").content.decode()
    assert client.get(f"{page}?status=odd").status_code == 422
    client.post(f"{page}{advice.pk}/apply/")
    assert "Undo" in client.get(page).content.decode()
    client.post(f"{page}{advice.pk}/undo/")
    assert "Undone" in client.get(page).content.decode()
    assert client.post(f"{page}{advice.pk}/dismiss/", {"reason": "x"}).status_code == 302
    assert Advice.objects.get().status == "undone"
