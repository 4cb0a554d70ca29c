"""Translated providers: each that is offered goes over our connections, and no other is asked."""

import pytest
from pytest_django import Settings

from apps.gateway.calls import TRANSLATED, Upstream
from apps.gateway.exceptions import AddressDenied, KeyRefused, NoUsableTarget
from tests.fakeai.chat import WORDS
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import Reply, call

# litellm's own code warns about itself
pytestmark = pytest.mark.filterwarnings("ignore")
MODELS = {"anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}
REFUSED = {"anthropic": "error-401", "gemini": "refused"}


def ask(
    fake: FakeProvider, name: str, heard: list[str], model: str = "", key: str = SECRET
) -> Reply:
    upstream = Upstream(
        "fake", "litellm", model or MODELS[name], fake.origin, litellm_provider=name, key=key
    )
    return call(upstream, heard, temperature=0, idempotency_key="k-1")


@pytest.mark.parametrize("name", TRANSLATED)
def test_every_offered_provider_answers_over_our_connection(
    fake: FakeProvider, settings: Settings, name: str
) -> None:
    heard: list[str] = []
    reply = ask(fake, name, heard)
    assert (reply.text, "".join(heard)) == ("".join(WORDS), "".join(WORDS))
    assert (reply.usage.input, reply.usage.output) == ({"anthropic": 17, "gemini": 11}[name], 5)
    assert fake.asked[0].headers["User-Agent"] == "Auterity"  # the egress client's
    assert SECRET in fake.asked[0].headers.values()
    settings.EGRESS_ALLOW = []
    with pytest.raises(AddressDenied):
        ask(fake, name, [])
    assert len(fake.asked) == 1


@pytest.mark.parametrize("name", TRANSLATED)
def test_a_refused_key_is_known_as_such(fake: FakeProvider, name: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        ask(fake, name, [], model=REFUSED[name])
    assert SECRET not in caught.value.message


def test_others_and_calls_without_a_key_are_refused(
    fake: FakeProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-operator")
    with pytest.raises(NoUsableTarget):
        ask(fake, "anthropic", [], key="")
    with pytest.raises(NoUsableTarget):
        ask(fake, "bedrock", [], model="claude")
    assert fake.asked == []
