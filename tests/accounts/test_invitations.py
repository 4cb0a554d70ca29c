"""An invitation is worth what who sent it may still give."""

import re

import pytest
from django.core import mail

from apps.accounts import services
from apps.accounts.exceptions import InvitationClosed
from apps.accounts.models import Invitation, User
from tests.factories.browsers import browser
from tests.factories.cast import member

pytestmark = pytest.mark.django_db
LINK = "https://alpha.example/invitations/{token}/"


def invited(sender: User, role: str = "admin") -> str:
    """Invite somebody, and return the token of the mail."""
    services.invite_member(email="other@eve.example", role=role, actor=sender, link=LINK)
    return token_in_last_mail()


def token_in_last_mail() -> str:
    found = re.search(r"/invitations/([\w-]+)/", str(mail.outbox[-1].body))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("how", ["suspend", "remove", "demote"])
def test_who_was_let_go_does_not_come_back_by_an_invitation_of_their_own(
    alice: User, how: str
) -> None:
    eve = member("Eve", "admin")
    token = invited(eve)
    match how:
        case "suspend":
            services.set_active(eve, active=False, actor=alice)
        case "remove":
            services.remove_member(eve, actor=alice)
        case _:
            services.change_role(eve, role="builder", actor=alice)
    with pytest.raises(InvitationClosed):
        services.accept_invitation(token, name="Other", password="correct horse 7")
    assert browser().get(f"/invitations/{token}/").status_code == 410
    assert not User.objects.filter(email="other@eve.example").exists()


def test_sent_again_it_is_whose_name_it_was_sent_in(alice: User) -> None:
    eve = member("Eve", "admin")
    invited(eve, "builder")
    services.resend_invitation(Invitation.objects.get(), actor=alice, link=LINK)
    services.set_active(eve, active=False, actor=alice)
    user = services.accept_invitation(
        token_in_last_mail(), name="Other", password="correct horse 7"
    )
    assert user.role is not None
    assert user.role.name == "builder"
