"""Platform keys: shown once, kept as a hash, of use on the administration's host alone."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.audit.models import AuditEntry
from apps.common.errors import Invalid
from apps.operators.keys import create_key, revoke_key
from apps.operators.models import PlatformKey
from apps.tenants.context import public_scope
from tests.factories.browsers import browser, staff_browser
from tests.factories.cast import key_client
from tests.factories.operators import platform_client, platform_key, staff

LIST = "/api/v1/tenants/"
KEYS = "/operators/platformkey/"


def test_only_a_hash_is_kept_and_the_use_is_noted(public: None) -> None:
    key, text = platform_key()
    assert text.startswith(f"aup_{key.key_id}_")
    assert text.split("_", 2)[2] not in str(PlatformKey.objects.values())
    assert platform_client(text=text).get(LIST).status_code == 200
    key.refresh_from_db()
    assert key.last_used_at is not None
    entry = AuditEntry.objects.get(action="platform_key.created")
    assert text not in str(entry.after)


def test_what_is_wrong_with_a_new_key_is_said(public: None) -> None:
    later = timezone.now() + timedelta(days=1)
    with pytest.raises(Invalid):
        create_key(name="x", scopes=["everything"], expires_at=later, actor=staff())
    with pytest.raises(Invalid):
        create_key(name="x", scopes=[], expires_at=later, actor=staff())
    with pytest.raises(Invalid):
        platform_key(days=-1)


@pytest.mark.parametrize("how", ["revoked", "expired", "altered", "not staff any more", "let go"])
def test_a_key_that_is_over_opens_nothing(public: None, how: str) -> None:
    key, text = platform_key()
    client = platform_client(text=text if how != "altered" else text[:-1] + "_")
    if how == "revoked":
        revoke_key(key, actor=staff())
    if how == "expired":
        PlatformKey.objects.update(expires_at=timezone.now())
    if how == "not staff any more":
        User.objects.update(is_staff=False)
    if how == "let go":
        User.objects.update(is_active=False)
    answer = client.get(LIST)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_keys_of_workspaces_and_of_the_platform_are_worthless_to_each_other(alice: User) -> None:
    _, tenants = create_api_key(name="ours", role="owner", user=alice, actor=alice)
    _, platforms = platform_key()
    assert key_client(tenants).get("/api/v1/me/").status_code == 200
    assert platform_client(text=tenants).get(LIST).status_code == 401
    for path in ("/api/v1/me/", LIST):
        answer = key_client(platforms).get(path)
        assert answer.status_code in {401, 404}, path
    assert key_client(platforms, host="localhost").get("/api/v1/me/").status_code in {401, 404}
    assert key_client(platforms).get("/v1/models").status_code in {401, 404}


def test_a_refused_key_stands_in_the_platforms_trail(public: None) -> None:
    cache.clear()
    key, text = platform_key("workspaces.read")
    secret = text.split("_", 2)[2]
    for wrong in (text[:-1] + "_", "aup_no", "Zk3" * 20):
        assert platform_client(text=wrong).get(LIST).status_code == 401
    assert platform_client(text=text).post(LIST, {}, format="json").status_code == 403
    found = AuditEntry.objects.filter(action="platform_key.refused").order_by("at")
    assert [(each.result, (each.after or {})["key"]) for each in found] == [
        ("denied", key.key_id), ("denied", "no key of ours"), ("denied", "no key of ours"),
    ]  # fmt: skip
    entry = AuditEntry.objects.get(action="access.refused")
    assert (entry.result, entry.via) == ("denied", str(key))
    assert not any(part in str(AuditEntry.objects.values()) for part in (secret[:-1], "Zk3Zk3"))


def test_sessions_open_nothing_not_even_those_of_staff(alice: User) -> None:
    for client in (staff_browser(), browser(alice), Client(HTTP_HOST="admin.localhost")):
        client.defaults["HTTP_HOST"] = "admin.localhost"
        assert client.get(LIST).status_code == 401
        assert client.post(LIST, {}, content_type="application/json").status_code == 401


def test_staff_make_a_key_that_is_shown_once_and_revoke_it(public: None) -> None:
    client = staff_browser()
    form = {"name": "Deploy", "scopes": ["workspaces.read"], "life": "30"}
    assert "workspaces.read" in client.get(f"{KEYS}add/").content.decode()
    answer = client.post(f"{KEYS}add/", form)
    key = PlatformKey.objects.get()
    page = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    text = page.split('<code class="mono secret">')[1].split("<")[0]
    assert platform_client(text=text).get(LIST).status_code == 200
    assert text not in client.get(KEYS).content.decode()
    assert text not in client.get(f"{KEYS}{key.pk}/change/").content.decode()
    client.post(KEYS, {"action": "revoke", "_selected_action": [str(key.pk)]})
    assert platform_client(text=text).get(LIST).status_code == 401
    assert AuditEntry.objects.filter(action="platform_key.revoked").count() == 1


def test_a_key_asks_for_a_fresh_proof_and_for_a_scope(public: None) -> None:
    client = staff_browser()
    assert client.post(f"{KEYS}add/", {"name": "Deploy", "life": "30"}).status_code == 200
    session = client.session
    del session["proved_at"]
    session.save()
    form = {"name": "Deploy", "scopes": ["workspaces.read"], "life": "30"}
    assert client.post(f"{KEYS}add/", form).status_code == 302
    assert not PlatformKey.objects.exists()


def test_nobody_else_makes_or_revokes_keys(alice: User) -> None:
    key, _ = platform_key()
    form = {"name": "Mine", "scopes": ["workspaces.read"], "life": "30"}
    chosen = {"action": "revoke", "_selected_action": [str(key.pk)]}
    others = browser(alice), Client(HTTP_HOST="admin.localhost"), staff_browser_of_nobody()
    for client in others:
        assert client.post(f"{KEYS}add/", form).status_code in {302, 404}
        assert client.post(KEYS, chosen).status_code in {302, 404}
    with public_scope():
        assert PlatformKey.objects.usable().count() == 1


def staff_browser_of_nobody() -> Client:
    """Return the browser of somebody in the public schema who is no staff."""
    client = Client(HTTP_HOST="admin.localhost")
    with public_scope():
        client.force_login(User.objects.create_user("nobody@auterity.example"))
    return client
