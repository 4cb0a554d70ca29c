"""The pages of virtual keys, in all their states."""

from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import ApiKey, User
from apps.accounts.services import revoke_api_key, rotate_api_key
from apps.gateway.budgets.services import add_budget
from apps.gateway.models import LlmCall
from apps.gateway.virtual_keys.services import create_key
from tests.factories.browsers import browser
from tests.gateway.programs import Program

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/relaycore/keys/"


def text_in(page: Any) -> str:
    """Return the text of a key that a page shows."""
    shown = str(page.context["text"])
    assert shown in page.content.decode()
    return shown


def called(key: ApiKey, **more: Any) -> LlmCall:
    fields = {"request_id": "r", "key_id": key.pk, "route": "fast", "cost_usd": "0.25"}
    return LlmCall.objects.create(**{**fields, "status": "ok", **more})


def test_a_key_is_made_used_changed_rotated_and_revoked(alice: User) -> None:
    client: Any = browser(alice)
    form = {"name": "Bot", "routes": ["fast"], "rpm": "60", "expires_at": "2099-12-31"}
    page = client.post(f"{LIST}new/", form)
    assert (page.status_code, page["Cache-Control"].count("no-store")) == (201, 1)
    text, key = text_in(page), ApiKey.objects.get()
    assert Program(text).chat("fast").status == 200
    one = reverse("gateway:key", args=[key.pk])
    assert text not in client.get(one).content.decode()
    assert client.post(one, {**form, "rpm": "", "every_route": "on"})["Location"] == one
    key.refresh_from_db()
    assert (key.virtual.routes, key.virtual.rpm) == (None, None)
    assert key.expires_at is not None
    assert timezone.localtime(key.expires_at).date().isoformat() == "2099-12-31"
    page = client.post(f"{one}rotate/", {"overlap_s": "3600"})
    newer = text_in(page)
    assert "The old one works too until" in page.content.decode()
    assert [Program(each).get("models").status for each in (text, newer)] == [200, 200]
    client.post(f"{one}end-rotation/")
    assert Program(text).get("models").status == 401
    assert client.post(f"{one}revoke/", follow=True).status_code == 200
    assert Program(newer).get("models").status == 401
    assert "Revoked" in client.get(one).content.decode()
    assert client.post(f"{one}rotate/", {"overlap_s": "0"})["Location"] == one


def test_an_end_that_is_left_as_it_was_stays_the_moment_that_it_was(alice: User) -> None:
    end = timezone.now() + timedelta(days=3)
    key, _ = create_key(actor=alice, name="Bot", expires_at=end)
    form = {"name": "Bot", "every_route": "on"}
    day = timezone.localtime(end).date().isoformat()
    browser(alice).post(reverse("gateway:key", args=[key.pk]), {**form, "expires_at": day})
    key.refresh_from_db()
    assert key.expires_at == end


def test_mistakes_are_shown_at_their_fields(alice: User) -> None:
    client: Any = browser(alice)
    page = client.post(f"{LIST}new/", {"expires_at": "2001-01-01", "rpm": "0", "routes": ["no"]})
    assert page.status_code == 422
    assert {"name", "rpm", "routes"} <= set(page.context["form"].errors)
    past = {"name": "Bot", "every_route": "on", "expires_at": "2001-01-01"}
    page = client.post(f"{LIST}new/", past)
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["expires_at"])
    page = client.post(f"{LIST}new/", {"name": "Bot"})
    assert list(page.context["form"].errors) == ["routes"]
    page = client.post(f"{LIST}new/", {"name": "Bot", "every_route": "on", "direct": "gpt"})
    assert "not of the form provider/model" in unescape(page.content.decode())
    assert not ApiKey.objects.exists()
    key, _ = create_key(actor=alice, name="Bot", routes=["fast"])
    page = client.post(reverse("gateway:key", args=[key.pk]), {"name": ""})
    assert (page.status_code, list(page.context["form"].errors)) == (422, ["name"])
    page = client.post(reverse("gateway:rotate_key", args=[key.pk]), {"overlap_s": "7"})
    assert (page.status_code, list(page.context["rotation_form"].errors)) == (422, ["overlap_s"])


def test_the_list_in_all_its_states(alice: User, bob: User) -> None:
    client = browser(bob)
    assert "will have their keys here" in client.get(LIST).content.decode()
    key, _ = create_key(actor=bob, name="<b>Bot</b>", routes=["fast", "large"], rpm=1)
    create_key(actor=alice, name="Of Alice")
    called(key)
    page = client.get(LIST).content.decode()
    assert "&lt;b&gt;Bot" in page
    assert "$0.2500" in page
    assert "1 call" in page
    assert "Of Alice" not in page
    assert "No key fits" in client.get(f"{LIST}?state=revoked").content.decode()
    wrong = client.get(f"{LIST}?state=nonsense")
    assert (wrong.status_code, "Use one of active" in wrong.content.decode()) == (422, True)
    everything = browser(alice).get(LIST).content.decode()
    assert "Of Alice" in everything
    assert "&lt;b&gt;Bot" in everything


def test_who_may_not(alice: User, bob: User, vera: User) -> None:
    key, _ = create_key(actor=alice, name="Of Alice")
    one = reverse("gateway:key", args=[key.pk])
    for client, status in ((browser(bob), 404), (browser(vera), 403)):
        assert client.get(one).status_code == status
        for path in (one, f"{one}rotate/", f"{one}end-rotation/", f"{one}revoke/"):
            assert client.post(path, {"overlap_s": "0"}).status_code == status, path
    assert browser(vera).get(LIST).status_code == 403
    assert browser().get(LIST).status_code == 302
    assert "for_program" not in browser(bob).get(f"{LIST}new/").content.decode()
    assert "for_program" in browser(alice).get(f"{LIST}new/").content.decode()
    key.refresh_from_db()
    assert key.state == "active"


def test_another_persons_key_is_managed_but_not_taken_over(alice: User, bob: User) -> None:
    key, _ = create_key(actor=bob, name="Of Bob")
    one = reverse("gateway:key", args=[key.pk])
    page = browser(alice).get(one).content.decode()
    assert "Rotate" not in page
    assert "Revoke" in page
    assert browser(alice).post(f"{one}rotate/", {"overlap_s": "0"}).status_code == 403


def test_a_key_says_what_it_took_and_that_two_secrets_open_it(alice: User) -> None:
    key, _ = create_key(actor=alice, name="Bot", rpm=10, tpm=100)
    called(key, input_tokens=30, output_tokens=12)
    called(key, status="error", error_code="provider_failed", cost_usd=None)
    rotate_api_key(key, actor=alice, overlap=timedelta(hours=1))
    page = browser(alice).get(reverse("gateway:key", args=[key.pk])).content.decode()
    for shown in ("Two secrets", "provider_failed", "$0.2500", "1 failed", 'value="42"'):
        assert shown in page, shown


def test_calls_name_their_key_and_are_filtered_by_it(alice: User, bob: User, vera: User) -> None:
    key, _ = create_key(actor=bob, name="Bot of Bob")
    other, _ = create_key(actor=alice, name="Bot of Alice")
    revoke_api_key(other, actor=alice)
    for each in (key, other):
        called(each, model=f"asked-by-{each.key_id}")
    called(key, key_id=None, model="asked-by-a-step")
    one = f'href="{reverse("gateway:key", args=[key.pk])}"'
    for user, sees in ((alice, True), (bob, True), (vera, False)):
        page = browser(user).get("/relaycore/calls/").content.decode()
        assert (one in page, "Bot of Bob" in page) == (sees, sees), user
        kept = browser(user).get(f"/relaycore/calls/?key={key.pk}").content.decode()
        assert key.key_id in kept
        assert other.key_id not in kept
        assert "asked-by-a-step" not in kept
    assert "Bot of Alice" not in browser(bob).get("/relaycore/calls/").content.decode()
    found = browser(alice).get(f"/relaycore/calls/?q=BY-{key.key_id}").content.decode()
    assert f"asked-by-{key.key_id}" in found
    assert f"asked-by-{other.key_id}" not in found
    assert browser(alice).get("/relaycore/calls/?key=nonsense").status_code == 422


def test_the_budget_that_stops_a_key_first_is_shown_beside_what_it_took(
    alice: User,
) -> None:
    key, _ = create_key(actor=alice, name="Bot")
    called(key)
    assert "Stopped first by" in browser(alice).get(LIST).content.decode()
    for scope, subject, amount in (("workspace", None, 600), ("key", key.pk, 20)):
        add_budget(
            actor=alice, scope=scope, subject=subject, every="month", amount_usd=Decimal(amount)
        )
    listed = browser(alice).get(LIST).content.decode()
    assert "of $20.00" in listed
    assert "of $600.00" not in listed
    one = browser(alice).get(reverse("gateway:key", args=[key.pk])).content.decode()
    assert "of $20.00" in " ".join(one.replace('<span class="ink-3">', "").split())
