"""The pages of people: members, invitations, keys, profile."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.accounts import services
from apps.accounts.links import sign_in_path
from apps.accounts.models import ApiKey, Invitation, User
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser

PAGES = ["/members/", "/profile/", "/accounts/email/", "/accounts/2fa/"]


@pytest.mark.parametrize("path", PAGES)
def test_pages_for_every_member(vera: User, path: str) -> None:
    page = browser(vera).get(path)
    assert page.status_code == 200
    assert "<h1" in page.content.decode()


@pytest.mark.parametrize("path", [*PAGES, "/api-keys/"])
def test_strangers_are_led_to_the_sign_in(alpha: Tenant, path: str) -> None:
    answer = browser().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


def test_viewers_see_people_but_no_invitations_and_no_menus(alice: User, vera: User) -> None:
    services.invite_member(email="new@x.example", role="viewer", actor=alice, link="{token}")
    seen = browser(vera).get("/members/").content.decode()
    assert "Alice" in seen
    assert "new@x.example" not in seen
    assert "Actions for" not in seen
    assert "new@x.example" in browser(alice).get("/members/").content.decode()


def test_members_are_searched_and_filtered(alice: User, bob: User, vera: User) -> None:
    Authenticator.objects.create(user=bob, type=Authenticator.Type.TOTP, data={})
    services.set_active(vera, active=False, actor=alice)

    def listed(query: str) -> list[str]:
        page = browser(alice).get(f"/members/?{query}")
        return [member.name for member in page.context["members"]]

    assert listed("q=BOB") == ["Bob"]
    assert listed("role=owner") == ["Alice"]
    assert listed("factor=on") == ["Bob"]
    assert listed("state=suspended") == ["Vera"]
    assert listed("state=active&factor=off") == ["Alice"]
    assert listed("page=99") == ["Alice", "Bob", "Vera"]
    assert "Clear filters" in browser(alice).get("/members/?q=nobody").content.decode()


def test_the_list_of_members_asks_the_same_number_of_queries(alice: User) -> None:
    client = browser(alice)
    client.get("/members/")  # the first visit also looks the host up
    with CaptureQueriesContext(connection) as few:
        client.get("/members/")
    for number in range(12):
        services.add_member(email=f"p{number}@x.example", name=f"P{number}", role="viewer")
    with CaptureQueriesContext(connection) as many:
        client.get("/members/")
    assert len(many) == len(few)


def test_an_invitation_is_mailed_and_accepted(alice: User) -> None:
    answer = browser(alice).post("/members/invite/", {"email": "new@x.example", "role": "builder"})
    assert answer["Location"] == "/members/"
    link = re.search(r"http://alpha\.localhost(/invitations/\S+)", str(mail.outbox[0].body))
    assert link is not None
    stranger = browser()
    assert "new@x.example" in stranger.get(link[1]).content.decode()
    weak = stranger.post(link[1], {"name": "Nia", "password": "short"})
    assert weak.status_code == 422
    assert weak.context["form"].errors["password"]
    stranger.post(link[1], {"name": "Nia", "password": "correct horse 7"})
    assert stranger.get("/profile/").status_code == 200
    assert stranger.get(link[1]).status_code == 410


def test_errors_of_an_invitation_stand_at_their_fields(alice: User, bob: User) -> None:
    admin = services.add_member(email="ada@x.example", name="Ada", role="admin")
    for person, data, field in (
        (alice, {"email": "nonsense", "role": "viewer"}, "email"),
        (alice, {"email": bob.email, "role": "viewer"}, "email"),
        (alice, {"email": "n@x.example", "role": "emperor"}, "role"),
        (admin, {"email": "n@x.example", "role": "owner"}, "role"),
    ):
        page = browser(person).post("/members/invite/", data)
        assert page.status_code == 422, data
        assert list(page.context["invite_form"].errors) == [field]
        assert re.search(r'id="invite"[^>]*\sopen', page.content.decode())
    assert not Invitation.objects.exists()


def test_invitations_are_sent_again_and_withdrawn(alice: User) -> None:
    invitation = services.invite_member(
        email="new@x.example", role="viewer", actor=alice, link="{token}"
    )
    browser(alice).post(f"/invitations/{invitation.pk}/resend/")
    assert len(mail.outbox) == 2
    browser(alice).post(f"/invitations/{invitation.pk}/revoke/")
    invitation.refresh_from_db()
    assert invitation.revoked_at
    assert browser(alice).post(f"/invitations/{invitation.pk}/resend/").status_code == 404


def test_role_suspension_and_removal(alice: User, bob: User) -> None:
    url = f"/members/{bob.pk}/"
    browser(alice).post(f"{url}role/", {"role": "operator"})
    assert User.objects.get(pk=bob.pk).role.name == "operator"
    assert browser(alice).post(f"{url}role/", {"role": "emperor"}).status_code == 422
    his = browser(bob)
    browser(alice).post(f"{url}suspend/")
    assert his.get("/profile/").status_code == 302
    browser(alice).post(f"{url}resume/")
    assert User.objects.get(pk=bob.pk).is_active
    browser(alice).post(f"{url}remove/")
    assert not User.objects.members().filter(pk=bob.pk).exists()


def test_the_last_owner_stays_and_is_told_why(alice: User) -> None:
    page = browser(alice).post(f"/members/{alice.pk}/role/", {"role": "viewer"}, follow=True)
    assert "A workspace needs an owner" in page.content.decode()
    assert User.objects.get(pk=alice.pk).role.name == "owner"


def test_whoever_does_not_manage_members_is_refused(bob: User, vera: User) -> None:
    for path in ("role", "suspend", "resume", "remove"):
        answer = browser(bob).post(f"/members/{vera.pk}/{path}/", {"role": "owner"})
        assert answer.status_code == 403, path
    assert browser(bob).post("/members/invite/", {}).status_code == 403
    assert "You may not do this" in browser(bob).post("/members/invite/", {}).content.decode()


def test_people_of_other_workspaces_are_not_found(alice: User, mallory: User, beta: Tenant) -> None:
    assert browser(alice).post(f"/members/{mallory.pk}/suspend/").status_code == 404
    with tenant_context(beta):
        assert User.objects.get(pk=mallory.pk).is_active


def test_a_key_is_shown_once(alice: User, bob: User) -> None:
    data = {"name": "Nightly", "role": "operator", "life": "30"}
    page = browser(bob).post("/api-keys/new/", data)
    assert page.status_code == 201
    text = page.context["new_key_text"]
    assert text in page.content.decode()
    secret = text.split("_", 2)[2]
    assert secret not in browser(bob).get("/api-keys/").content.decode()
    assert "Nightly" in browser(alice).get("/api-keys/").content.decode()


def test_errors_of_a_key_stand_at_their_fields(bob: User) -> None:
    for data, field in (
        ({"name": "", "role": "viewer"}, "name"),
        ({"name": "x", "role": "owner"}, "role"),
        ({"name": "x", "role": "viewer", "life": "9"}, "life"),
    ):
        page = browser(bob).post("/api-keys/new/", data)
        assert page.status_code == 422, data
        assert list(page.context["form"].errors) == [field]


def test_keys_are_filtered_by_state_and_revoked(bob: User, oscar: User, vera: User) -> None:
    key, _ = services.create_api_key(name="CI", role="viewer", user=bob, actor=bob)
    url = f"/api-keys/{key.pk}/revoke/"
    assert browser(oscar).post(url).status_code == 404  # it is not Oscar's
    assert browser(vera).get("/api-keys/").status_code == 403
    browser(bob).post(url)
    assert ApiKey.objects.get().state == "revoked"
    for state, names in (("active", []), ("revoked", ["CI"]), ("expired", [])):
        page = browser(bob).get(f"/api-keys/?state={state}")
        assert [each.name for each in page.context["keys"]] == names


def test_the_profile_keeps_name_and_time_zone(vera: User) -> None:
    data = {"name": "Vera V", "time_zone": "Europe/Berlin", "locale": "en-gb"}
    browser(vera).post("/profile/", data)
    vera.refresh_from_db()
    assert (vera.name, vera.time_zone) == ("Vera V", "Europe/Berlin")
    page = browser(vera).post("/profile/", {**data, "name": ""})
    assert page.status_code == 422
    assert page.context["form"].errors["name"]
    assert "Vera V" in page.content.decode()  # the frame still knows who is signed in


def test_looking_at_a_sign_in_link_does_not_use_it(vera: User) -> None:
    path = sign_in_path(vera)
    guest = browser()
    assert "Continue as Vera" in guest.get(path).content.decode()
    guest.post(path)
    assert guest.get("/profile/").status_code == 200
    assert browser().get(path).status_code == 410


def test_sign_in_pages_tell_nothing_about_accounts(vera: User) -> None:
    for path in ("/accounts/login/", "/accounts/login/code/", "/accounts/password/reset/"):
        page = browser().get(path)
        assert page.status_code == 200
        assert "Alpha" in page.content.decode()
        assert vera.email not in page.content.decode()


def test_a_wrong_password_is_told_at_the_form(vera: User) -> None:
    page = browser().post("/accounts/login/", {"login": vera.email, "password": "wrong"})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert "E-mail or password is wrong" in page.content.decode()


def test_a_code_by_mail_signs_in(vera: User) -> None:
    guest = browser()
    guest.post("/accounts/login/code/", {"email": vera.email})
    body = str(mail.outbox[0].body)
    assert mail.outbox[0].subject == "Your code for Alpha"
    code = re.search(r"^(\d{6})$", body, re.MULTILINE)
    assert code is not None
    page = guest.get(reverse("account_confirm_login_code"))
    assert "Enter the code" in page.content.decode()
    guest.post(reverse("account_confirm_login_code"), {"code": code[1]})
    assert guest.get("/profile/").status_code == 200


def test_a_guest_of_a_folder_sees_no_people(alice: User, vera: User) -> None:
    folder = services.create_folder(name="Sales", actor=alice)
    vera.role_bindings.update(folder=folder)
    page = browser(vera).get("/members/")
    assert (page.status_code, page.context["member_count"]) == (200, 0)
    assert alice.email not in page.content.decode()


def test_sessions_of_a_suspended_person_do_not_come_back(alice: User, vera: User) -> None:
    theirs = browser(vera)
    services.set_active(vera, active=False, actor=alice)
    assert theirs.get("/profile/").status_code == 302
    services.set_active(vera, active=True, actor=alice)
    assert theirs.get("/profile/").status_code == 302
    assert browser(vera).get("/profile/").status_code == 200
