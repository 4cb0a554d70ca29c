"""From a wish to a workspace, in the browser's steps."""

import re
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import DataError, transaction
from django.test import Client

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.common.limits import Limit
from apps.onboarding import limits
from apps.onboarding.mails import mail_workspaces
from apps.onboarding.models import SignUp
from apps.onboarding.services import create_workspace
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import SlugTaken
from apps.workflows.models import Workflow

FINISH = {"slug": "brackwater", "name": "Ines Moreau", "password": "correct horse 7"}


@pytest.fixture
def www(public: None) -> Client:
    """A stranger's browser on the public site, at an address that no test used before."""
    number = uuid7().int
    address = f"10.{number % 251}.{number // 251 % 251}.{number // 251**2 % 251}"
    return Client(headers={"host": "www.localhost"}, REMOTE_ADDR=address)


def wish(**changes: str) -> dict[str, str]:
    """Return what a person writes who was never here."""
    email = f"Ines-{uuid7().hex[-10:]}@brackwater.example"
    return {"email": email, "name": "Brackwater  Logistics", "slug": "brackwater"} | changes


def ask(www: Client, **changes: str) -> str:
    """Send the wish and return the path of the mailed link."""
    assert www.post("/", wish(**changes)).status_code == 200
    link = re.search(r"http://\S+", str(mail.outbox[-1].body))
    assert link
    return urlsplit(link[0]).path


def test_nothing_exists_before_the_mailed_link_is_followed(www: Client) -> None:
    path = ask(www)
    assert mail.outbox[0].to == [SignUp.objects.get().email]
    assert mail.outbox[0].subject == "Create Brackwater Logistics on Auterity"
    assert not Tenant.objects.filter(slug="brackwater").exists()
    assert www.get(path).status_code == 200  # mail scanners look too
    assert SignUp.objects.open().count() == 1


def test_the_link_makes_the_workspace_and_leads_into_it(www: Client) -> None:
    answer = www.post(ask(www), FINISH)
    assert answer.status_code == 201
    address = urlsplit(answer.context["address"])
    assert f"url={address.geturl()}" in answer.content.decode()
    assert address.hostname == "brackwater.localhost"
    own = Client(headers={"host": "brackwater.localhost"})
    assert own.get(address.path)["Location"] == "/"
    tenant = Tenant.objects.get(slug="brackwater")
    with tenant_context(tenant):
        owner = User.objects.get()
        assert (owner.email, owner.name) == (mail.outbox[0].to[0], "Ines Moreau")
        assert owner.role
        assert owner.role.name == "owner"
        assert str(own.session["_auth_user_id"]) == str(owner.pk)
        assert Workflow.objects.get().published_version
    stranger = Client(headers={"host": "brackwater.localhost"})
    assert stranger.get(address.path)["Location"] == "/accounts/login/"  # once only


def test_the_way_in_is_good_for_one_workspace_only(www: Client) -> None:
    answer = www.post(ask(www), FINISH)
    elsewhere = Client(headers={"host": "alpha.localhost"})
    address = urlsplit(answer.context["address"])
    assert elsewhere.get(address.path)["Location"] == "/accounts/login/"
    assert elsewhere.get(address.path[:-3] + "/")["Location"] == "/accounts/login/"


def test_a_link_makes_one_workspace(www: Client) -> None:
    path = ask(www)
    www.post(path, FINISH)
    again = www.post(path, {**FINISH, "slug": "brackwater-two"})
    assert again.status_code == 410
    assert not Tenant.objects.filter(slug="brackwater-two").exists()


def test_another_address_may_be_chosen_when_it_is_gone(www: Client) -> None:
    path = ask(www)
    answer = www.post(path, {**FINISH, "slug": "alpha"})
    assert answer.status_code == 422
    assert b"This address is taken" in answer.content
    assert www.get(path).status_code == 200  # the link stays good


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"slug": "alpha"}, "slug", "taken"),
        ({"slug": "www"}, "slug", "reserved"),
        ({"slug": "a_b"}, "slug", "lower-case letters"),
        ({"slug": ""}, "slug", "required"),
        ({"email": "nobody"}, "email", "valid email"),
        ({"name": " "}, "name", "required"),
    ],
)
def test_what_is_wrong_is_said_on_the_field(
    www: Client, changes: dict[str, str], field: str, words: str
) -> None:
    answer = www.post("/", wish(**changes))
    assert answer.status_code == 422
    assert words in answer.context["form"].errors[field][0]
    assert mail.outbox == []


def test_a_known_address_gets_the_same_answer(www: Client, alice: User) -> None:
    stranger = wish()
    known = www.post("/", stranger | {"email": alice.email})
    unknown = www.post("/", stranger)
    assert known.status_code == unknown.status_code == 200
    told = known.content.replace(alice.email.encode(), stranger["email"].encode())
    assert told == unknown.content


def test_slugs_are_checked_while_typing(www: Client) -> None:
    assert b"is free" in www.get("/start/address/?slug=brackwater").content
    assert b"taken" in www.get("/start/address/?slug=alpha").content
    assert b"reserved" in www.get("/start/address/?slug=admin").content
    assert www.get("/start/address/").content.strip() == b""


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/", limits.MAILS_OF_AN_ADDRESS), ("/find/", limits.MAILS_OF_AN_ADDRESS)],
)
def test_mails_to_an_address_are_limited(www: Client, path: str, limit: Limit) -> None:
    sent = wish()
    for _ in range(limit.times):
        limit.count(sent["email"].lower())
    answer = www.post(path, sent)
    assert answer.status_code == 429
    assert b"Try again in" in answer.content


def test_a_sender_is_limited_whatever_address_it_names(www: Client) -> None:
    for _ in range(limits.MAILS_OF_A_SENDER.times):
        limits.MAILS_OF_A_SENDER.count(www.defaults["REMOTE_ADDR"])
    assert www.post("/", wish()).status_code == 429


def test_workspaces_are_mailed_and_never_told(www: Client, alice: User, mallory: User) -> None:
    with public_scope():
        mail_workspaces(alice.email)
        mail_workspaces("nobody@nowhere.example")
    assert "http://alpha.localhost" in str(mail.outbox[0].body)
    assert "beta" not in str(mail.outbox[0].body)
    assert "No workspace knows this address" in str(mail.outbox[1].body)


def test_expired_links_are_closed_and_swept(www: Client) -> None:
    path = ask(www)
    SignUp.objects.update(expires_at="2020-01-01T00:00:00Z")
    assert www.get(path).status_code == 410
    ask(www, slug="brackwater-two")
    assert SignUp.objects.count() == 1


def test_a_failure_leaves_nothing_behind(public: None) -> None:
    with pytest.raises(DataError), transaction.atomic():
        create_workspace(
            name="X", slug="broken", owner_email="x@x.example", owner_name="X" * 200, password=None
        )
    assert not Tenant.objects.filter(slug="broken").exists()


def test_a_taken_slug_is_an_error_of_its_own(public: None) -> None:
    with pytest.raises(SlugTaken):
        create_workspace(
            name="X", slug="alpha", owner_email="x@x.example", owner_name="X", password=None
        )
