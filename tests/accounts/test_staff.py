"""The operator's way into the platform administration: a link, and then the second factor."""

import io
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from tests.factories.browsers import browser

EMAIL = "stella@auterity.example"


def staff_link(*arguments: str) -> str:
    """Run the command and return the path of the link; stdout is the link alone."""
    out = io.StringIO()
    call_command("create_staff", EMAIL, *arguments, stdout=out, stderr=io.StringIO())
    link = urlsplit(out.getvalue().strip())
    assert link.hostname == "admin.localhost"
    return link.path


def at_the_desk() -> Client:
    return Client(HTTP_HOST="admin.localhost")


def code_of(secret: str) -> str:
    counter = next(auth.yield_hotp_counters_from_time())
    code: str = auth.format_hotp_value(auth.hotp_value(secret, counter))
    return code


@pytest.mark.django_db(transaction=True)  # what follows a commit belongs to the same answer
def test_the_link_leads_to_the_second_factor_and_then_inside(public: None) -> None:
    client, path = at_the_desk(), staff_link()
    assert "Continue as stella@auterity.example" in client.get(path).content.decode()
    client.post(path)
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/totp/activate/"
    secret = answer.context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert client.get("/accounts/2fa/recovery-codes/").status_code == 200  # nothing asked twice
    assert client.get("/tenants/tenant/").status_code == 200
    assert at_the_desk().get(path).status_code == 410
    user = User.objects.get(email=EMAIL)
    assert (user.is_staff, user.is_superuser, user.has_usable_password()) == (True, True, False)
    assert AuditEntry.objects.filter(action="staff.added", target_id=str(user.pk)).count() == 1


def test_a_link_alone_does_not_replace_the_second_factor(public: None) -> None:
    staff_link()
    secret = auth.generate_totp_secret()
    auth.TOTP.activate(User.objects.get(email=EMAIL), secret)
    client = at_the_desk()
    answer = client.post(staff_link())
    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/tenants/tenant/").status_code == 302
    client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert client.get("/tenants/tenant/").status_code == 200


def test_a_lost_second_factor_is_forgotten_on_request_only(public: None) -> None:
    staff_link()
    auth.TOTP.activate(User.objects.get(email=EMAIL), auth.generate_totp_secret())
    staff_link()
    assert Authenticator.objects.count() == 1
    staff_link("--new-second-factor")
    assert not Authenticator.objects.exists()
    assert User.objects.filter(email=EMAIL).count() == 1


def test_what_is_no_address_is_refused(public: None) -> None:
    with pytest.raises(CommandError, match="stella is not an e-mail address"):
        call_command("create_staff", "stella")


def test_staff_are_nobody_in_a_workspace(alice: User, public: None) -> None:
    assert browser().get(staff_link()).status_code == 410


def test_staff_see_each_other_and_nothing_of_how_they_sign_in(public: None) -> None:
    client, path = at_the_desk(), staff_link()
    client.post(path)
    secret = client.get("/", follow=True).context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    page = client.get("/accounts/user/").content.decode()
    assert EMAIL in page
    assert "/user/add/" not in page
    for gone in ("/mfa/authenticator/", "/account/emailaddress/", "/auth/group/"):
        assert client.get(gone).status_code == 404
    assert client.post("/accounts/user/add/", {"email": "x@x.example"}).status_code == 403
