"""Browsers of people: Django's test client on the workspace's host, signed in."""

from django.test import Client

from apps.accounts.models import User


def browser(user: User | None = None, tenant: str = "alpha") -> Client:
    """Return a browser on a workspace's host, signed in as the user if there is one."""
    client = Client(HTTP_HOST=f"{tenant}.localhost")
    if user is not None:
        client.force_login(user)
    return client
