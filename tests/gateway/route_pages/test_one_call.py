"""The page of one call: where it came from, what it took, and its attempts in time."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import ApiKey, User
from apps.common.ids import uuid7
from apps.gateway.models import LlmCall
from apps.gateway.route_pages.one_call import beside, tries_of
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser
from tests.gateway.programs import key_of

pytestmark = pytest.mark.django_db


def made(**more: Any) -> LlmCall:
    return LlmCall.objects.create(**{"request_id": "r-1", "status": "ok", "route": "fast", **more})


def page(user: User, call: LlmCall) -> str:
    return browser(user).get(f"/relaycore/calls/{call.pk}/").content.decode()


def test_who_asked_is_told_as_links(alice: User) -> None:
    flow = create_workflow(actor=alice, name="Refund triage")
    key_of(alice)
    key = ApiKey.objects.get()
    call = made(
        workflow_id=flow.pk, run_id=uuid7(), node_id="generate_abcde", key_id=key.pk,
        user_id=alice.pk, prompt="reply@3", cached_tokens=2048, reasoning_tokens=77,
        cost_usd=Decimal("0.01"), mix_usd=Decimal("0.02"), dearest_usd=Decimal("0.04"),
    )  # fmt: skip
    shown = page(alice, call)
    for each in (
        f"/workflows/{flow.pk}/", f"/runs/{call.run_id}/", "generate_abcde", key.name, alice.name,
        "/relaycore/prompts/reply/", "reply@3", "2,048 cached", "77 reasoning", "$0.0200", "$0.0400",
    ):  # fmt: skip
        assert each in shown, each


def test_what_its_reader_may_not_see_has_no_name(alice: User, vera: User) -> None:
    key_of(alice)
    shown = page(vera, made(workflow_id=uuid7(), key_id=ApiKey.objects.get().pk))
    assert "another workflow" in shown
    assert "another key" in shown
    assert "Program" not in shown


def test_a_call_stands_in_the_list_that_it_was_opened_from(alice: User) -> None:
    now = timezone.now()
    calls = [
        made(
            request_id=f"r-{place}", route=route, created_at=now - place * timedelta(seconds=1),
            **({"cache": "hit", "saved_usd": Decimal("0.02")} if place == 1 else {}),
        )
        for place, route in enumerate(["fast", "large", "fast", "fast"])
    ]  # fmt: skip
    around = beside(calls[2], LlmCall.objects.filter(route="fast"))
    assert [each.request_id for each in around] == ["r-0", "r-2", "r-3"]
    client = browser(alice)
    listed = client.get("/relaycore/calls/?route=fast").content.decode()
    address = f"/relaycore/calls/{calls[2].pk}/?route=fast"
    assert f'href="{address}"' in listed
    opened = client.get(address).content.decode()
    assert 'href="/relaycore/calls/?route=fast"' in opened  # the way back to the list
    assert [f"/{each.pk}/?route=fast" in opened for each in calls] == [True, False, True, True]
    assert opened.count('class="split-item"') == 3
    assert "saved $0.0200" in page(alice, calls[2])  # by all calls, without a filter


def test_attempts_are_bars_in_the_time_of_the_call(alice: User) -> None:
    first = {"provider": "p", "model": "a", "error": "provider_failed", "ms": 1_000}
    call = made(latency_ms=4_000, ttft_ms=2_000, attempts=[first, {"model": "b", "ms": 3_000}])
    bars = [(each.kind, each.x, each.wide, each.silent) for each in tries_of(call)]
    assert bars == [("failed", 0, 250, 0), ("answered", 250, 750, 250)]


def test_a_hedge_runs_beside_the_one_that_was_late(alice: User) -> None:
    late = {"model": "a", "error": "hedge_lost", "ms": 1_500}
    call = made(latency_ms=2_000, ttft_ms=1_500, attempts=[late, {"hedge": True, "ms": 1_000}])
    bars = [(each.kind, each.starts_ms, each.ends_ms) for each in tries_of(call)]
    assert bars == [("lost", 0, 1_500), ("answered", 1_000, 2_000)]
    assert tries_of(made()) == []
    assert [each.wide for each in tries_of(made(attempts=[{}, {"ms": None}]))] == [4, 4]
