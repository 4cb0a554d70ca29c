"""Browsers of people: Django's test client on the workspace's host, signed in."""

from allauth.mfa.models import Authenticator
from django.test import Client

from apps.accounts.models import User
from apps.tenants.context import public_scope


def browser(user: User | None = None, tenant: str = "alpha") -> Client:
    """Return a browser on a workspace's host, signed in as the user if there is one."""
    client = Client(HTTP_HOST=f"{tenant}.localhost")
    if user is not None:
        client.force_login(user)
    return client


def staff_browser(*, second_factor: bool = True) -> Client:
    """Return the browser of a member of the platform staff."""
    with public_scope():
        user = User.objects.create_superuser("stella@auterity.example", "correct horse 7")
        if second_factor:
            Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={})
        client = Client(HTTP_HOST="admin.localhost")
        client.force_login(user)
    return client
