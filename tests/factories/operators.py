"""Those who run the platform: staff, and programs with their keys."""

from datetime import timedelta

from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.operators.keys import create_key
from apps.operators.models import PlatformKey
from apps.operators.scopes import SCOPES
from apps.tenants.context import public_scope

HOST = "admin.localhost"


def staff(email: str = "sven@auterity.example") -> User:
    """Return a member of the platform staff."""
    with public_scope():
        found = User.objects.filter(email=email).first()
        user: User = found or User.objects.create_superuser(email, name="Sven")
    return user


def platform_key(*scopes: str, days: int = 30) -> tuple[PlatformKey, str]:
    """Return a key with these scopes, or all of them, and its text."""
    end = timezone.now() + timedelta(days=days)
    with public_scope():
        return create_key(
            name="Deploy", scopes=list(scopes or SCOPES), expires_at=end, actor=staff()
        )


def platform_client(*scopes: str, text: str = "", host: str = HOST) -> APIClient:
    """Return a program on the administration's host with a new key, or with this text of one."""
    text = text or platform_key(*scopes)[1]
    return APIClient(HTTP_HOST=host, HTTP_AUTHORIZATION=f"Bearer {text}")
