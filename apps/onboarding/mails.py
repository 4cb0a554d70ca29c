"""Mails of the public site."""

from django.core.mail import send_mail
from django.template.loader import render_to_string

from apps.accounts.models import User
from apps.tenants.addresses import public_url, workspace_url
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant


def mail(template: str, subject: str, email: str, **context: object) -> None:
    """Send one of `templates/emails/`."""
    send_mail(subject, render_to_string(f"emails/{template}.txt", context), None, [email])


def mail_workspaces(email: str) -> None:
    """Tell an address which workspaces it can sign in to, also when there is none."""
    with public_scope():
        tenants = list(Tenant.objects.filter(status=Tenant.Status.ACTIVE).order_by("name"))
    found = [(tenant.name, workspace_url(tenant)) for tenant in tenants if _knows(tenant, email)]
    mail("workspaces", "Your workspaces on Auterity", email, workspaces=found, home=public_url())


def _knows(tenant: Tenant, email: str) -> bool:
    with tenant_context(tenant):
        people = User.objects.filter(email=email, is_active=True, kind=User.Kind.HUMAN)
        return bool(people.exists())
