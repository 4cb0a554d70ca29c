"""Platform staff try a provider of theirs with a real call, and are told when its key is refused."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.gateway.exceptions import KeyRefused, ProviderBusy
from apps.gateway.models import LlmCall, Provider
from apps.gateway.platform import mail as staff_mail
from apps.gateway.platform import services as platform_services
from apps.gateway.targets import granted
from apps.gateway.targets.granted import Trouble
from apps.grants.models import Grant, PlatformProvider
from apps.notifications.models import Notification
from apps.tenants.context import public_scope
from apps.tenants.models import Tenant
from tests.factories.browsers import browser, staff_browser
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import complete, lead
from tests.gateway.providers.test_lent import connect_for_platform

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/grants/platformprovider/"


@pytest.fixture
def heard() -> Iterator[list[tuple[UUID, Trouble]]]:
    """What is heard beside the staff's mail."""
    found: list[tuple[UUID, Trouble]] = []

    def hear(provider: UUID, trouble: Trouble) -> None:
        found.append((provider, trouble))

    granted.on_trouble(hear)
    yield found
    granted.leave(hear)


def tried(staff: Client, provider: PlatformProvider) -> str:
    """Try it in the console and return what the page says."""
    form = {"action": "try_", "_selected_action": [str(provider.pk)]}
    answer: Any = staff.post(LIST, form, follow=True)
    text: str = answer.content.decode()
    return text


def test_staff_try_a_provider_with_a_real_call(alpha: Tenant, fake: FakeProvider) -> None:
    provider, staff = connect_for_platform(fake), staff_browser()
    assert "answered in" in tried(staff, provider)
    assert fake.asked[-1].headers["Authorization"] == f"Bearer {SECRET}"
    assert not LlmCall.objects.exists()
    fake.turned_away[SECRET] = 401
    text = tried(staff, provider)
    assert "answered 401" in text
    assert SECRET not in text
    with public_scope():
        entries = AuditEntry.objects.filter(action="platform_provider.tried").order_by("at")
        assert [each.result for each in entries] == ["ok", "failed"]
        assert SECRET not in str([each.after for each in entries])


def test_a_new_key_is_tried_when_it_is_saved(alpha: Tenant, fake: FakeProvider) -> None:
    form = {
        "litellm_provider": "other", "name": "Ours", "base_url": fake.url, "key": SECRET,
        "default_model": "ok", "status": "active",
    }  # fmt: skip
    answer: Any = staff_browser().post(f"{LIST}add/", form, follow=True)
    assert "Ours answered in" in answer.content.decode()


def test_workspaces_try_none(alice: User, fake: FakeProvider) -> None:
    provider = connect_for_platform(fake)
    form = {"action": "try_", "_selected_action": [str(provider.pk)]}
    assert browser(alice).post(LIST, form).status_code == 404
    assert not fake.asked


def test_staff_are_mailed_once_when_a_key_is_refused(
    alice: User, alpha: Tenant, fake: FakeProvider, heard: list[tuple[UUID, Trouble]]
) -> None:
    provider = connect_for_platform(fake)
    platform_services.save_grant(
        Grant(provider=provider, tenant=alpha, tokens_a_day=100_000), actor=None
    )
    lead(alice, "ok", provider=Provider.objects.exclude(grant_id=None).get())
    fake.turned_away[SECRET] = 401
    with pytest.raises(KeyRefused):
        complete()
    assert heard == [(provider.pk, Trouble.REFUSED)]
    staff_browser()  # somebody of the staff
    mail.outbox.clear()
    with public_scope():
        staff_mail.tell(provider.pk, Trouble.REFUSED)
        people = User.objects.filter(is_staff=True, is_active=True).count()
    assert len(mail.outbox) == people > 0
    letter = mail.outbox[0]
    assert letter.subject == "Platform's fake refused the platform's key"
    assert "1 workspace that borrows it can ask it no longer" in letter.body
    assert SECRET not in letter.body
    mail.outbox.clear()
    platform_services.save_provider(_with_new_key(provider), actor=None, key=f"{SECRET}-2")
    with public_scope():
        staff_mail.tell(provider.pk, Trouble.REFUSED)
    assert not mail.outbox


def test_staff_are_mailed_once_a_day_when_an_account_is_empty(
    alice: User, alpha: Tenant, fake: FakeProvider, heard: list[tuple[UUID, Trouble]]
) -> None:
    provider = connect_for_platform(fake)
    platform_services.save_grant(
        Grant(provider=provider, tenant=alpha, tokens_a_day=100_000), actor=None
    )
    lead(alice, "no-quota", provider=Provider.objects.exclude(grant_id=None).get())
    for _ in range(3):
        with pytest.raises(ProviderBusy):
            complete()
    assert heard == [(provider.pk, Trouble.MONEY)]
    staff_browser()  # somebody of the staff
    mail.outbox.clear()
    with public_scope():
        staff_mail.tell(provider.pk, Trouble.MONEY)
    letter = mail.outbox[0]
    assert letter.subject == "Platform's fake says that the platform's account is empty"
    assert "It is lent to 1 workspace, whose routes" in letter.body
    assert SECRET not in letter.body
    assert not Notification.objects.filter(kind="provider.out_of_money").exists()


def _with_new_key(provider: PlatformProvider) -> PlatformProvider:
    with public_scope():
        provider.refresh_from_db()
    provider.status = PlatformProvider.Status.ACTIVE
    return provider
