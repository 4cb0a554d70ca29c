"""Telling those who can do something about it: in the product and by mail."""

from uuid import UUID

from django.urls import reverse

from apps.accounts.models import User
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice, tell
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

SITE = "auterity.urls"
MOST_TOLD = 50


def tell_managers(
    permission: str, folder: str = "", *, kind: str, key: str, title: str, text: str, path: str,
    about: UUID | None = None,
) -> None:  # fmt: skip
    """Tell who holds a permission, in a folder where one is named; once for each key."""
    base = workspace_url(current_tenant())
    context = {
        "title": title, "text": text, "link": base + path,
        "settings": base + reverse("notifications:preferences", urlconf=SITE),
    }  # fmt: skip
    notices = [
        Notice(user, title, text, path, Letter("gateway", title, {**context, "user": str(user)}))
        for user in _people(permission, folder)
    ]
    tell(notices, kind=kind, key=key, about=about)


def _people(permission: str, folder: str) -> list[User]:
    members = User.objects.members().filter(is_active=True).with_roles().order_by("pk")
    return [user for user in members if permission in user.permissions_in(folder)][:MOST_TOLD]
