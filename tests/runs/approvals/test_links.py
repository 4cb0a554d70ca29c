"""Deciding by the link of a mail: bound to a person, once, for a while, never by looking."""

import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.utils import timezone

from apps.accounts.models import RoleBinding, User
from apps.accounts.services import change_role, set_active
from apps.audit.models import AuditEntry
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.notifications.outbox import send_due
from apps.runs.approvals import links
from apps.runs.exceptions import AddressChanged
from apps.runs.models import DecisionLink, Run, Wait
from apps.runs.services import cancel_run, decide
from apps.runs.services.deciding import decide_by_link
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.browsers import browser
from tests.factories.runs import carry
from tests.runs.scenes import asking, published, started


def asked(bob: User, *people: User, **config: Any) -> Wait:
    """Ask people by mail."""
    names = [user.email for user in people]
    definition = asking(assignees=names, actions=DEFAULT_ACTIONS, **config)
    return Wait.objects.get(run=carry(started(published(bob, definition), bob)))


def path_for(user: User) -> str:
    """Send what is due, and return the path of the link in the last mail to somebody."""
    send_due()
    (body,) = [str(sent.body) for sent in mail.outbox if sent.to == [user.email]][-1:]
    found = re.search(r"http://alpha\.localhost:\d+(/approvals/by-mail/\S+)", body)
    assert found, body
    return found[1]


def stranger() -> Client:
    """Return a browser in which nobody is signed in."""
    return Client(HTTP_HOST="alpha.localhost")


@pytest.fixture
def wait(bob: User, oscar: User) -> Wait:
    """A question whose links decide without a sign-in."""
    return asked(bob, oscar, link_requires_sign_in=False)


def test_the_mail_tells_what_is_asked(bob: User, oscar: User, wait: Wait) -> None:
    path = path_for(oscar)
    (sent,) = mail.outbox
    assert sent.subject == "Refund Ada?"
    assert "> Order 7" in str(sent.body)
    assert "do not forward it" in str(sent.body)
    link = DecisionLink.objects.get()
    assert path.split("/")[-2] not in link.token_hash


def test_looking_decides_nothing(oscar: User, wait: Wait) -> None:
    path = path_for(oscar)
    for client in (stranger(), stranger(), browser(oscar)):
        page = client.get(path)
        assert page.status_code == 200
        assert "You decide as Oscar" in page.content.decode()
        assert client.head(path).status_code == 405
    assert not AuditEntry.objects.filter(action__startswith="approval.").exists()
    wait.refresh_from_db()
    assert (wait.status, wait.votes.count()) == ("open", 0)


def test_it_decides_once_as_its_person(oscar: User, wait: Wait) -> None:
    path, client = path_for(oscar), stranger()
    done = client.post(path, {"decision": "approved", "comment": "Seen"})
    assert (done.status_code, "the run goes on" in done.content.decode()) == (200, True)
    assert "session" not in client.cookies
    wait.refresh_from_db()
    assert (wait.decision, wait.decided_by, wait.comment) == ("approved", oscar, "Seen")
    entry = AuditEntry.objects.get(action="approval.decided")
    assert (entry.actor_id, (entry.after or {})["by_link"]) == (str(oscar.pk), True)
    for again in (client.get(path), client.post(path, {"decision": "rejected"})):
        assert (again.status_code, "does not decide any more" in again.content.decode()) == (
            410,
            True,
        )
    assert carry(Run.objects.get(pk=wait.run_id)).outputs == "paid"


def test_what_is_wrong_is_said_and_uses_nothing_up(bob: User, oscar: User) -> None:
    asked(bob, oscar, link_requires_sign_in=False, require_reason=True)
    path = path_for(oscar)
    wrong = stranger().post(path, {"decision": "approved"})
    assert (wrong.status_code, "Say why" in wrong.content.decode()) == (422, True)
    assert stranger().post(path, {"decision": "rubbish", "comment": "x"}).status_code == 422
    assert stranger().post(path, {"decision": "approved", "comment": "x"}).status_code == 200


def test_it_ends_after_a_while(oscar: User, wait: Wait) -> None:
    path = path_for(oscar)
    link = DecisionLink.objects.get()
    assert link.expires_at > timezone.now() + timedelta(days=6)
    DecisionLink.objects.update(expires_at=timezone.now())
    assert stranger().get(path).status_code == 410
    assert stranger().post(path, {"decision": "approved"}).status_code == 410
    assert not wait.votes.exists()


def test_it_ends_with_the_question(bob: User, oscar: User) -> None:
    asked(bob, oscar, link_requires_sign_in=False, expires_after_s=60)
    path_for(oscar)
    link = DecisionLink.objects.get()
    assert link.expires_at == link.wait.expires_at


@pytest.mark.parametrize("token", ["x", "0" * 43, "%00", "..%2f"])
def test_a_made_up_link_is_closed(wait: Wait, token: str) -> None:
    assert stranger().get(f"/approvals/by-mail/{token}/").status_code in {400, 404, 410}


def test_a_forwarded_link_decides_nothing_where_a_sign_in_is_needed(
    bob: User, oscar: User, alice: User
) -> None:
    wait = asked(bob, oscar)
    path = path_for(oscar)
    assert "You will be asked to sign in" in str(mail.outbox[0].body)
    for method in ("get", "post"):
        data = {"decision": "approved"}
        to_sign_in = getattr(stranger(), method)(path, data)
        assert to_sign_in["Location"].startswith("/accounts/login/?next=/approvals/by-mail/")
        refused = getattr(browser(alice), method)(path, data)
        assert (refused.status_code, "sent to somebody else" in refused.content.decode()) == (
            403,
            True,
        )
        led_on = getattr(browser(oscar), method)(path, data)
        assert led_on["Location"] == f"/approvals/{wait.pk}/"
    assert not wait.votes.exists()


def test_who_may_no_longer_decide_does_not_by_link(
    alice: User, bob: User, oscar: User, wait: Wait
) -> None:
    path = path_for(oscar)
    change_role(oscar, role="viewer", actor=alice)
    assert stranger().post(path, {"decision": "approved"}).status_code == 403
    change_role(oscar, role="operator", actor=alice)
    set_active(oscar, active=False, actor=alice)
    assert stranger().get(path).status_code == 410
    assert not wait.votes.exists()


@pytest.mark.parametrize("signs_in", [True, False])
def test_who_has_another_address_now_is_not_decided_for_from_the_old_mailbox(
    bob: User, oscar: User, signs_in: bool
) -> None:
    wait = asked(bob, oscar, link_requires_sign_in=signs_in)
    path = path_for(oscar)
    User.objects.filter(pk=oscar.pk).update(email="oscar@elsewhere.example")
    for client in (stranger(), browser(oscar)):
        for page in (client.get(path), client.post(path, {"decision": "approved"})):
            words = page.content.decode()
            assert (page.status_code, "address that its person does not use any more" in words) == (
                410,
                True,
            )
            assert "answer among your approvals" in words
            assert "Open the approvals of Alpha" in words
            assert not [each for each in ("Refund Ada", "elsewhere") if each in words]
    with pytest.raises(AddressChanged):
        decide_by_link(path.split("/")[-2], decision="approved")
    assert not wait.votes.exists()
    User.objects.filter(pk=oscar.pk).update(email=oscar.email)  # it is theirs again
    assert stranger().get(path).status_code == (302 if signs_in else 200)


def test_a_later_mail_goes_to_the_new_address_and_decides(bob: User, oscar: User) -> None:
    definition = asking(assignees=["operator"], link_requires_sign_in=False)
    wait = Wait.objects.get(run=carry(started(published(bob, definition), bob)))
    old = path_for(oscar)
    oscar.email = "oscar@elsewhere.example"
    oscar.save()
    token = links.make(wait, oscar).split("/")[-2]
    assert stranger().get(old).status_code == 410
    decide_by_link(token, decision="approved")
    assert wait.votes.get().voter == oscar


def test_links_from_before_addresses_were_bound_stay_good(oscar: User, wait: Wait) -> None:
    path = path_for(oscar)
    DecisionLink.objects.update(address_hash="")
    assert stranger().get(path).status_code == 410
    import_module("apps.runs.migrations.0015_bind_links_to_addresses").bind(apps, None)
    assert stranger().get(path).status_code == 200


def test_who_may_not_see_the_workflow_any_more_reads_nothing(oscar: User, wait: Wait) -> None:
    path = path_for(oscar)
    RoleBinding.objects.filter(user=oscar).delete()
    page = stranger().get(path)
    assert (page.status_code, "Refund Ada" in page.content.decode()) == (410, False)
    assert stranger().post(path, {"decision": "approved"}).status_code == 410


def test_a_settled_question_says_so(bob: User, oscar: User, alice: User) -> None:
    wait = asked(bob, oscar, alice, link_requires_sign_in=False)
    path = path_for(oscar)
    decide(wait, actor=alice, decision="rejected")
    assert "settled already" in stranger().get(path).content.decode()
    late = stranger().post(path, {"decision": "approved"})
    assert (late.status_code, "decided this already" in late.content.decode()) == (409, True)


def test_mails_about_what_is_settled_are_not_sent(bob: User, oscar: User, alice: User) -> None:
    wait = asked(bob, oscar, alice)
    assert oscar.notifications.unread().count() == 1
    decide(wait, actor=alice, decision="approved")
    assert send_due() == 0
    assert oscar.notifications.unread().count() == 0


def test_mails_of_a_cancelled_run_are_not_sent(bob: User, oscar: User) -> None:
    wait = asked(bob, oscar)
    cancel_run(Run.objects.get(pk=wait.run_id), actor=bob)
    assert send_due() == 0


def test_who_is_not_named_gets_no_mail(bob: User, oscar: User, alice: User) -> None:
    asked(bob)
    assert send_due() == 0
    assert alice.notifications.unread().count() == 1


def test_a_link_of_another_workspace_is_none_here(
    oscar: User, wait: Wait, beta: Tenant, mallory: User
) -> None:
    path = path_for(oscar)
    with tenant_context(beta):
        client = browser(mallory, "beta")
    assert client.get(path).status_code == 410
    assert client.post(path, {"decision": "approved"}).status_code == 410


def test_words_of_tenants_are_only_words(bob: User, oscar: User) -> None:
    definition = asking(
        title="{{ 'Pay\\nBcc: all@x.example' }}",
        body="{{ '{' + '% load static %' + '}' }}<b>x</b>",
        assignees=[oscar.email],
        link_requires_sign_in=False,
    )
    carry(started(published(bob, definition), bob))
    path = path_for(oscar)
    (sent,) = mail.outbox
    assert sent.subject == "Pay Bcc: all@x.example"
    assert "> {% load static %}<b>x</b>" in str(sent.body)
    assert "&lt;b&gt;x&lt;/b&gt;" in stranger().get(path).content.decode()
