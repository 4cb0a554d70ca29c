"""A model that keeps failing is left alone, and its route goes on with the next."""

import pytest

from apps.accounts.models import User
from apps.egress import circuits
from apps.egress.breakers import try_now
from apps.gateway.exceptions import GatewayError, ProviderResting
from apps.gateway.models import LlmCall, Provider
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import complete, connect, lead

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


def fail(times: int = 5) -> None:
    for _ in range(times):
        with pytest.raises(GatewayError):
            complete()


@pytest.mark.parametrize("model", ["error-500", "cut", "broken"])
def test_a_failing_model_is_not_asked_any_more(
    alice: User, provider: Provider, fake: FakeProvider, model: str
) -> None:
    lead(alice, model, provider=provider)
    fail()
    with pytest.raises(ProviderResting, match=model) as caught:
        complete()
    assert len(fake.asked) == 5
    assert caught.value.retry_after
    assert LlmCall.objects.latest("created_at").error_code == "breaker_open"
    opened = circuits.listed()
    assert [each.service for each in opened] == ["model"]  # not its host too
    assert "no, Bearer" not in opened[0].last_error  # what a provider says is not kept


def test_the_next_target_answers_meanwhile_and_other_models_too(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    lead(alice, "error-500", "ok", provider=provider)
    for _ in range(7):
        assert complete().model == "ok"
    assert fake.models.count("error-500") == 5
    call = LlmCall.objects.latest("created_at")
    assert [each["model"] for each in call.attempts] == ["ok"]
    assert call.decision["outcome"]["rejected"] == {"0": ["breaker_open"]}


@pytest.mark.parametrize("model", ["error-400", "garbage"])
def test_what_is_no_fault_of_the_model_leaves_it_be(
    alice: User, provider: Provider, fake: FakeProvider, model: str
) -> None:
    lead(alice, model, provider=provider)
    fail(7)
    assert len(fake.asked) == 7
    assert circuits.listed() == []


def test_it_recovers(alice: User, provider: Provider, fake: FakeProvider) -> None:
    lead(alice, "moody", provider=provider)
    fake.ill = True
    fail()
    try_now(circuits.listed()[0])
    fake.ill = False
    assert complete().text
    assert circuits.listed()[0].state == "closed"
