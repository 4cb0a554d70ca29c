"""Several keys of one provider: whose turn it is, what is left alone, and what becomes of each."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.gateway import services
from apps.gateway.exceptions import BadProvider, KeyMoved, KeyRefused, ProviderBusy
from apps.gateway.models import MOST_KEYS, Credential, LlmCall, Provider
from apps.gateway.providers import standing
from apps.gateway.upstreams import pools
from apps.notifications.models import Notification
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import complete, connect, lead

pytestmark = pytest.mark.django_db(transaction=True)
SECOND, THIRD = "sk-second-0123456789", "sk-third-0123456789"


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    provider = connect(fake, alice, default_model="ok")
    lead(alice, "ok", provider=provider)
    return provider


def shown_keys(fake: FakeProvider) -> list[str]:
    return [each.headers["Authorization"].removeprefix("Bearer ") for each in fake.asked]


def states(provider: Provider, actor: User) -> list[tuple[str, str]]:
    found = Provider.objects.prefetch_related("credentials").get(pk=provider.pk)
    return [(each.key.last4, each.state) for each in standing.of(found, actor=actor)]


def test_the_lowest_order_is_used_and_calls_say_which(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    first = provider.credentials.get()
    pools.add_key(provider, actor=alice, credential=SECOND, order=1)
    for _ in range(5):
        complete()
    assert shown_keys(fake) == [SECRET] * 5
    assert {each.credential_id for each in LlmCall.objects.all()} == {first.pk}
    assert LlmCall.objects.latest("created_at").attempts[0]["key"] == str(first.pk)


def test_weights_share_calls_among_keys_of_one_order(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    pools.add_key(provider, actor=alice, credential=SECOND, weight=9)
    for _ in range(40):
        complete()
    used = shown_keys(fake)
    assert set(used) == {SECRET, SECOND}
    assert used.count(SECOND) > used.count(SECRET)


def test_a_limited_key_is_left_alone_and_the_others_go_on(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    second = pools.add_key(provider, actor=alice, credential=SECOND, order=1)
    fake.turned_away = {SECRET: 429}
    complete()
    complete()
    assert shown_keys(fake) == [SECRET, SECOND, SECOND]  # the limited one is not asked again
    assert states(provider, alice) == [(SECRET[-4:], "cooling"), (SECOND[-4:], "ready")]
    assert LlmCall.objects.latest("created_at").credential_id == second.pk
    fake.turned_away[SECOND] = 429
    with pytest.raises(ProviderBusy):
        complete()
    with pytest.raises(ProviderBusy):  # now all of them are left alone: nobody is asked
        complete()
    assert len(fake.asked) == 4


def test_a_refused_key_is_disabled_and_told_of(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    pools.add_key(provider, actor=alice, credential=SECOND, order=1)
    fake.turned_away = {SECRET: 401}
    complete()
    assert states(provider, alice) == [(SECRET[-4:], "refused"), (SECOND[-4:], "ready")]
    told = Notification.objects.get(user=alice, kind="provider.key_refused")
    assert "other key goes on" in told.text
    fake.turned_away[SECOND] = 401
    with pytest.raises(KeyRefused):
        complete()
    provider = Provider.objects.prefetch_related("credentials").get(pk=provider.pk)
    assert provider.state == "key_refused"


def test_rotation_keeps_the_place(alice: User, provider: Provider, fake: FakeProvider) -> None:
    key = provider.credentials.get()
    pools.change_key(key, actor=alice, changes={"label": "EU", "order": 3, "weight": 2})
    made = pools.rotate_key(key, actor=alice, credential=SECOND)
    assert (made.label, made.order, made.weight) == ("EU", 3, 2)
    complete()
    assert shown_keys(fake) == [SECOND]
    key.refresh_from_db()
    assert (key.status, key.disabled_reason) == ("disabled", Credential.REPLACED)
    assert SECOND not in str(list(AuditEntry.objects.values()))


def test_a_key_is_stopped_used_again_and_removed(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    key = provider.credentials.get()
    pools.change_key(key, actor=alice, changes={"status": "disabled"})
    assert states(provider, alice) == [(SECRET[-4:], "stopped")]
    pools.change_key(key, actor=alice, changes={"status": "active"})
    complete()
    pools.remove_key(key, actor=alice)
    assert states(provider, alice) == []
    actions = set(AuditEntry.objects.values_list("action", flat=True))
    assert {"provider.key_set", "provider.key_changed", "provider.key_removed"} <= actions


def test_a_key_never_follows_to_another_address(alice: User, provider: Provider) -> None:
    key = provider.credentials.get()
    services.update_provider(provider, actor=alice, changes={"base_url": "https://models.invalid"})
    key.refresh_from_db()
    assert key.disabled_reason == Credential.MOVED
    with pytest.raises(KeyMoved):
        pools.change_key(key, actor=alice, changes={"status": "active"})


def test_limits_and_rights(alice: User, bob: User, provider: Provider) -> None:
    key = provider.credentials.get()
    with pytest.raises(BadProvider):
        pools.add_key(provider, actor=alice, credential=SECOND, weight=0)
    with pytest.raises(Forbidden):
        pools.add_key(provider, actor=bob, credential=SECOND)
    for act in (
        pools.remove_key,
        lambda key, actor: pools.change_key(key, actor=actor, changes={}),
    ):
        with pytest.raises(Forbidden):
            act(key, actor=bob)
    with pytest.raises(Forbidden):
        pools.rotate_key(key, actor=bob, credential=SECOND)
    for place in range(MOST_KEYS - 1):
        pools.add_key(provider, actor=alice, credential=f"sk-another-{place:04}")
    with pytest.raises(BadProvider) as caught:
        pools.add_key(provider, actor=alice, credential=SECOND)
    assert "at most" in caught.value.errors[0]["message"]


def test_which_of_several_keys_is_replaced_must_be_said(alice: User, provider: Provider) -> None:
    pools.add_key(provider, actor=alice, credential=SECOND)
    with pytest.raises(BadProvider) as caught:
        services.update_provider(provider, actor=alice, changes={"credential": THIRD})
    assert "several keys" in caught.value.errors[0]["message"]


def test_the_pages_add_test_rotate_and_stop(
    alice: User, provider: Provider, fake: FakeProvider
) -> None:
    client, url = browser(alice), f"/relaycore/providers/{provider.pk}/"
    form = {"credential": SECOND, "label": "Second account", "order": "1", "weight": "2"}
    added = client.post(f"{url}keys/new/", form, follow=True).content.decode()
    assert "Second account" in added
    assert "Fake answered in" in added
    assert shown_keys(fake) == [SECOND]
    assert SECOND not in added
    key = provider.credentials.get(label="Second account")
    one = f"{url}keys/{key.pk}/"
    assert "Place among the keys" in client.get(one).content.decode()
    assert client.post(one, {"label": "Spare", "order": "2", "weight": "1"}).status_code == 302
    assert client.post(one, {"order": "-1", "weight": "1"}).status_code == 422
    fake.turned_away = {THIRD: 401}
    rotated = client.post(f"{one}rotate/", {"credential": THIRD}, follow=True).content.decode()
    assert "Refused" in rotated
    assert client.post(f"{one}rotate/", {"credential": ""}).status_code == 422
    assert client.get(f"{url}keys/{alice.pk}/").status_code == 404
    removed = client.post(f"{one}remove/", follow=True).content.decode()
    assert "The key is removed." in removed
    assert not provider.credentials.filter(pk=key.pk).exists()


def test_calls_are_found_by_the_key(alice: User, provider: Provider) -> None:
    complete()
    key = provider.credentials.get()
    client = browser(alice)
    listed: Any = client.get(f"/relaycore/calls/?credential={key.pk}")
    assert len(listed.context["rows"]) == 1
    assert f"…{key.last4} of Fake" in listed.content.decode()
    call = LlmCall.objects.get()
    assert (
        f"with the key …{key.last4}" in client.get(f"/relaycore/calls/{call.pk}/").content.decode()
    )


def test_programs_manage_keys(alice: User, bob: User, provider: Provider) -> None:
    client, url = api_client(alice), f"/api/v1/gateway/providers/{provider.pk}/keys/"
    made = client.post(url, {"credential": SECOND, "name": "Second", "order": 1}, format="json")
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["state"]) == ("Second", "ready")
    assert SECOND not in made.content.decode()
    one = f"{url}{made.json()['id']}/"
    assert client.patch(one, {"status": "disabled"}, format="json").json()["state"] == "stopped"
    rotated = client.patch(one, {"credential": THIRD}, format="json").json()
    assert (rotated["state"], rotated["last4"]) == ("ready", THIRD[-4:])
    tried = client.post(f"{url}{rotated['id']}/try/", {}, format="json").json()
    assert tried["ok"]
    assert len(client.get(url).json()["results"]) == 2
    assert client.delete(f"{url}{rotated['id']}/").status_code == 204
    assert api_client(bob).post(url, {"credential": SECOND}, format="json").status_code == 403
