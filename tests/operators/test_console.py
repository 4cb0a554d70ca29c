"""The staff's console of workspaces: figures without content, and what may be done to them."""

import pytest
from django.core import mail
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import drop_tenant
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser, staff_browser
from tests.workflows.definitions import greeting

LIST = "/tenants/tenant/"
ADD = f"{LIST}add/"


def test_staff_see_workspaces_with_figures_and_no_content(bob: User, beta: Tenant) -> None:
    create_workflow(actor=bob, name="Refund triage", definition=greeting())
    page = staff_browser().get(LIST).content.decode()
    assert "Alpha" in page
    assert "Beta" in page
    assert "Refund triage" not in page
    assert "style=" not in page
    assert "<style" not in page


def test_they_suspend_and_resume_with_a_reason(alpha: Tenant, beta: Tenant) -> None:
    client = staff_browser()
    for action, status in (("suspend", "suspended"), ("resume", "active")):
        data = {"action": action, "_selected_action": [str(beta.pk)]}
        assert "Reason" in client.post(LIST, data).content.decode()
        page = client.post(LIST, data | {"reason": "The bill is open."}, follow=True)
        assert f"Beta is {status}" in page.content.decode()
        with public_scope():
            beta.refresh_from_db()
        assert beta.status == status
    with tenant_context(beta):
        told = AuditEntry.objects.get(action="workspace.suspended")
    assert told.after == {"reason": "The bill is open."}


@pytest.mark.django_db(transaction=True)
def test_they_make_one_and_its_owner_is_invited(public: None) -> None:
    client = staff_browser()
    refused = client.post(ADD, {"name": "X", "slug": "www", "owner_email": "nobody"})
    assert "reserved" in refused.content.decode()
    form = {"name": "Gamma", "slug": "gamma-staff", "owner_email": "grace@gamma.example"}
    try:
        assert client.post(ADD, form).status_code == 302
        made = Tenant.objects.get(slug="gamma-staff")
        assert made.role_name
        assert [letter.to for letter in mail.outbox] == [["grace@gamma.example"]]
        page = client.get(f"{LIST}{made.pk}/change/").content.decode()
        assert made.schema_name in page
        taken = client.post(ADD, form)
        assert "already exists" in taken.content.decode()
    finally:
        drop_tenant(Tenant.objects.get(slug="gamma-staff"))


def test_nobody_else_comes_in(alice: User, alpha: Tenant) -> None:
    form = {"name": "Mine", "slug": "mine-now", "owner_email": "m@m.example"}
    chosen = {"action": "suspend", "_selected_action": [str(alpha.pk)], "reason": "mine"}
    others = (
        staff_browser(second_factor=False),
        browser(alice),
        Client(HTTP_HOST="admin.localhost"),
    )
    for client in others:
        assert client.get(LIST).status_code in {302, 404}
        assert client.post(ADD, form).status_code in {302, 404}
        assert client.post(LIST, chosen).status_code in {302, 404}
    with public_scope():
        assert Tenant.objects.filter(status="active").count() == 2
