"""Keys that are accepted from some networks only."""

from typing import Any

import pytest
from pytest_django import Settings

from apps.accounts import networks, services
from apps.accounts.models import ApiKey, User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid
from tests.factories.browsers import browser
from tests.factories.cast import api_client, key_client, member

HERE, ELSEWHERE = "203.0.113.7", "198.51.100.1"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("203.0.113.7", "203.0.113.7/32"),
        ("10.20.0.0/16", "10.20.0.0/16"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
        ("2001:DB8:0:0::/32", "2001:db8::/32"),
        ("::1", "::1/128"),
    ],
)
def test_a_network_has_one_form(given: str, kept: str) -> None:
    assert networks.normal([given, f" {kept} ", ""]) == [kept]


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("example.com", "is no network"),
        ("10.0.0.1/8", "Did you mean 10.0.0.0/8?"),
        ("010.0.0.1", "is no network"),
        ("0x7f.1", "is no network"),
        ("１０.0.0.1", "is no network"),  # noqa: RUF001 - that is the attempt
        ("10.0.0.0/33", "is no network"),
        ("0.0.0.0/0", "Leave the list empty"),
        ("::/0", "Leave the list empty"),
        ("fe80::1%eth0", "one machine"),
        ("::ffff:10.0.0.1", "Write it as IPv4"),
        ("10.0.0.0/8 and more", "is no network"),
    ],
)
def test_what_is_no_network_is_explained(given: str, advice: str) -> None:
    with pytest.raises(Invalid) as caught:
        networks.normal([given])
    assert advice in caught.value.errors[0]["message"]


@pytest.mark.parametrize(
    ("address", "admitted"),
    [
        ("10.1.2.3", True),
        ("11.1.2.3", False),
        ("::ffff:10.1.2.3", True),  # the same machine, as a dual-stack listener says it
        ("2001:db8::5", True),
        ("2001:db9::5", False),
        ("", False),
        ("unix", False),
    ],
)
def test_an_address_lies_in_a_network_or_not(address: str, admitted: bool) -> None:
    known = networks.read(["10.0.0.0/8", "2001:db8::/32"])
    assert networks.admit(known, address) is admitted


def test_there_is_an_end_to_a_list() -> None:
    with pytest.raises(Invalid):
        networks.normal(f"10.0.0.{number}" for number in range(networks.MOST + 1))


def bound_key(user: User, *accepted: str, role: str = "viewer") -> tuple[ApiKey, str]:
    return services.create_api_key(
        name="Bound", role=role, user=user, actor=user, networks=accepted
    )


def ask(text: str, address: str, **headers: str) -> Any:
    return key_client(text).get("/api/v1/me/", REMOTE_ADDR=address, headers=headers)


@pytest.mark.django_db
def test_a_key_is_refused_from_elsewhere_and_that_is_written_down(alice: User) -> None:
    key, text = bound_key(alice, HERE)
    assert ask(text, HERE).status_code == 200
    for _ in range(2):
        refused = ask(text, ELSEWHERE)
        assert (refused.status_code, refused.json()["code"]) == (403, "address_refused")
        assert ELSEWHERE in refused.json()["detail"]
    entry = AuditEntry.objects.get(action="api_key.refused")  # one, however often it is tried
    assert (entry.result, entry.target_id) == ("denied", str(key.pk))
    assert entry.after == {"address": ELSEWHERE}


@pytest.mark.django_db
def test_what_is_no_key_is_not_told_of_networks(alice: User) -> None:
    _, text = bound_key(alice, HERE)
    assert ask(text[:-1] + "x", ELSEWHERE).status_code == 401


@pytest.mark.django_db
def test_only_declared_proxies_are_believed(alice: User, settings: Settings) -> None:
    _, text = bound_key(alice, HERE)
    forged = {"X-Forwarded-For": HERE}
    assert ask(text, ELSEWHERE, **forged).status_code == 403
    settings.TRUSTED_PROXIES = 1
    assert ask(text, ELSEWHERE, **forged).status_code == 200
    assert ask(text, HERE, **{"X-Forwarded-For": f"{HERE}, {ELSEWHERE}"}).status_code == 403


@pytest.mark.django_db
def test_the_networks_change_and_the_secret_stays(alice: User) -> None:
    key, text = bound_key(alice, HERE)
    client = api_client(alice)
    url = f"/api/v1/api-keys/{key.pk}/"
    changed = client.patch(url, {"networks": [HERE, "2001:db8::/32"]})
    assert changed.json()["networks"] == ["203.0.113.7/32", "2001:db8::/32"], changed.content
    assert ask(text, "2001:db8::1").status_code == 200
    assert client.patch(url, {"networks": ["nowhere"]}).status_code == 422
    assert client.patch(url, {"networks": []}).json()["networks"] == []
    assert ask(text, ELSEWHERE).status_code == 200
    entry = AuditEntry.objects.filter(action="api_key.changed").latest("at")
    assert (entry.before or {})["networks"] == ["203.0.113.7/32", "2001:db8::/32"]


@pytest.mark.django_db
def test_others_do_not_change_it(alice: User, bob: User) -> None:
    key, _ = bound_key(alice, HERE)
    url = f"/api/v1/api-keys/{key.pk}/"
    assert api_client(bob).patch(url, {"networks": []}).status_code == 404
    with pytest.raises(Forbidden):
        services.change_api_key(key, actor=bob, name="Mine", expires_at=None, networks=[])


@pytest.mark.django_db
def test_a_bound_key_makes_none_that_is_freer(alice: User) -> None:
    _, text = bound_key(alice, "203.0.113.0/24", role="owner")
    client = key_client(text)

    def made(**more: Any) -> Any:
        body = {"name": "Next", "role": "viewer", **more}
        return client.post("/api/v1/api-keys/", body, format="json", REMOTE_ADDR=HERE)

    assert made().json()["networks"] == ["203.0.113.0/24"]
    assert made(networks=[HERE]).json()["networks"] == ["203.0.113.7/32"]
    assert made(networks=["203.0.0.0/16"]).status_code == 403
    assert made(networks=["2001:db8::/32"]).status_code == 403


@pytest.mark.django_db
def test_the_page_of_a_key_changes_it(alice: User) -> None:
    key, text = bound_key(alice, HERE)
    page = browser(alice)
    url = f"/api-keys/{key.pk}/"
    shown = page.get(url, REMOTE_ADDR=ELSEWHERE).content.decode()
    assert "203.0.113.7/32" in shown
    assert f"You are at <code>{ELSEWHERE}</code>" in shown
    wrong = page.post(url, {"name": "Bound", "networks": "10.0.0.1/8"})
    assert wrong.status_code == 422
    assert "Did you mean 10.0.0.0/8?" in wrong.content.decode()
    late = page.post(url, {"name": "Bound", "last_day": "2020-01-01"})
    assert "expired already" in late.content.decode()
    assert page.post(url, {"name": "Now", "networks": f"{ELSEWHERE}\n::1"}).status_code == 302
    key.refresh_from_db()
    assert (key.name, key.networks) == ("Now", ["198.51.100.1/32", "::1/128"])
    assert ask(text, HERE).status_code == 403


@pytest.mark.django_db
def test_the_page_of_a_key_is_its_person_s(alice: User, bob: User) -> None:
    key, _ = bound_key(alice, HERE)
    assert browser(bob).get(f"/api-keys/{key.pk}/").status_code == 404
    services.revoke_api_key(key, actor=alice)
    assert "This key is over." in browser(alice).get(f"/api-keys/{key.pk}/").content.decode()


@pytest.mark.django_db
def test_a_key_is_made_with_networks_on_the_page(alice: User) -> None:
    adam = member("Adam", "admin")
    form = {"name": "Bot", "role": "viewer", "life": "90", "for_program": "on", "networks": HERE}
    assert browser(adam).post("/api-keys/new/", form).status_code == 201
    assert ApiKey.objects.get().networks == ["203.0.113.7/32"]
