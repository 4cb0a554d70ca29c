"""What a call would have cost at its other targets: kept with it, summed, and shown with what it means."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.gateway import services
from apps.gateway.costs.choosing import NONE, compared
from apps.gateway.models import LlmCall
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import complete, connect, lead

COSTS = st.lists(st.integers(0, 10**9).map(lambda n: Decimal(n).scaleb(-6)), min_size=2, max_size=9)


@given(COSTS)
def test_a_random_mix_lies_between_the_cheapest_and_the_dearest(costs: list[Decimal]) -> None:
    found = compared(costs)
    assert found.mix_usd is not None
    assert min(costs) <= found.mix_usd <= max(costs) == found.dearest_usd


def test_nothing_is_said_without_a_choice_or_without_a_price() -> None:
    assert compared([]) == NONE
    assert compared([Decimal(1)]) == NONE
    assert compared([Decimal(1), None, Decimal(3)]) == NONE


@pytest.mark.django_db(transaction=True)
def test_a_calls_others_are_kept_with_it_and_what_choosing_saved_is_told(
    alice: User, fake: FakeProvider
) -> None:
    provider = connect(fake, alice)
    for model, price in (("cheap", 1), ("middle", 2), ("dear", 9)):
        services.set_price(
            actor=alice, provider="fake", model=model, input_usd=Decimal(price), output_usd=Decimal(price)
        )  # fmt: skip
    lead(alice, "cheap", "middle", "dear", provider=provider)
    complete()
    call = LlmCall.objects.get()
    assert call.cost_usd
    assert call.mix_usd == 4 * call.cost_usd  # (1 + 2 + 9) / 3
    assert call.dearest_usd == 9 * call.cost_usd
    told = api_client(alice).get("/api/v1/usage/").json()["savings"]
    assert (told["calls"], told["saved_percent"], told["against_dearest_percent"]) == (
        1, "75.0", "88.9",
    )  # fmt: skip
    page = browser(alice).get("/usage/").content.decode()
    assert "75.0 % less than a random mix" in page
    assert "would be 55.6 % below the dearest" in page


@pytest.mark.django_db(transaction=True)
def test_a_call_with_one_target_says_nothing_of_others(alice: User, fake: FakeProvider) -> None:
    provider = connect(fake, alice)
    services.set_price(
        actor=alice, provider="fake", model="ok", input_usd=Decimal(1), output_usd=Decimal(1)
    )
    lead(alice, "ok", provider=provider)
    complete()
    call = LlmCall.objects.get()
    assert (call.mix_usd, call.dearest_usd) == (None, None)
    assert "had a choice between two models" in browser(alice).get("/usage/").content.decode()
