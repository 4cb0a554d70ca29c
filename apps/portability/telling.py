"""What owners are told of archives: that one is ready to be fetched, or came to nothing."""

from django.urls import reverse

from apps.accounts.models import User
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.portability.models import Export
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

SITE = "auterity.urls"
EXPORTED = "archive.exported"
KINDS = (
    Kind(EXPORTED, "Archives of the workspace", "When one can be fetched, or came to nothing", "package"),
)  # fmt: skip


def tell_ready(export: Export) -> None:
    """Tell all owners: an archive is everything that the workspace has."""
    who = export.started_by or "Somebody"
    secrets = " It holds secrets, sealed with a passphrase." if export.with_secrets else ""
    title = "An archive of the workspace can be fetched"
    text = f"{who} asked for it. It is deleted on {export.expires_at:%-d %b %Y}.{secrets}"
    _tell(export, title, text)


def tell_failed(export: Export) -> None:
    """Tell all owners that there is none."""
    _tell(export, "An archive of the workspace came to nothing", export.trouble)


def _tell(export: Export, title: str, text: str) -> None:
    path = reverse("portability:archives", urlconf=SITE)
    link = workspace_url(current_tenant()) + path
    words = {"title": title, "text": text, "workspace": current_tenant().name, "link": link}
    notices = [
        Notice(each, title, text, path, Letter("archive", title, words)) for each in owners()
    ]
    notifications.tell(
        notices, kind=EXPORTED, key=f"{EXPORTED}:{export.pk}:{export.status}", about=export.pk
    )


def owners() -> list[User]:
    """Return the workspace's owners who can act."""
    return list(
        User.objects.members().filter(
            is_active=True, role_bindings__role__name="owner", role_bindings__folder=None
        )
    )
