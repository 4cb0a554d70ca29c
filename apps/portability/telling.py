"""What owners are told of archives: that one is ready to be fetched, has come in, or came to nothing."""

from uuid import UUID

from django.urls import reverse

from apps.accounts.models import User
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.portability.models import Export, Import
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

SITE = "auterity.urls"
EXPORTED, IMPORTED = "archive.exported", "archive.imported"
KINDS = (
    Kind(EXPORTED, "Archives of the workspace", "When one can be fetched, or came to nothing", "package"),
    Kind(IMPORTED, "Archives that come in", "When one has come in, or could not", "import"),
)  # fmt: skip


def tell_ready(export: Export) -> None:
    """Tell all owners: an archive is everything that the workspace has."""
    who = export.started_by or "Somebody"
    secrets = " It holds secrets, sealed with a passphrase." if export.with_secrets else ""
    title = "An archive of the workspace can be fetched"
    text = f"{who} asked for it. It is deleted on {export.expires_at:%-d %b %Y}.{secrets}"
    _tell_of_export(export, title, text)


def tell_failed(export: Export) -> None:
    """Tell all owners that there is none."""
    _tell_of_export(export, "An archive of the workspace came to nothing", export.trouble)


def tell_imported(job: Import) -> None:
    """Tell all owners that an archive has come in, and what is left to do."""
    text = "Send the invitations, enter secrets that were not in it, and switch on what is to run."
    _tell_of_import(job, f"The archive of {job.source} has come in", text)


def tell_import_failed(job: Import) -> None:
    """Tell all owners that nothing of an archive came in."""
    _tell_of_import(job, f"Nothing of {job} came in", job.trouble)


def _tell_of_import(job: Import, title: str, text: str) -> None:
    path = reverse("portability:import", args=[job.pk], urlconf=SITE)
    _tell(title, text, path, kind=IMPORTED, key=f"{IMPORTED}:{job.pk}", about=job.pk)


def _tell_of_export(export: Export, title: str, text: str) -> None:
    path = reverse("portability:archives", urlconf=SITE)
    key = f"{EXPORTED}:{export.pk}:{export.status}"
    _tell(title, text, path, kind=EXPORTED, key=key, about=export.pk)


def _tell(title: str, text: str, path: str, *, kind: str, key: str, about: UUID) -> None:
    link = workspace_url(current_tenant()) + path
    words = {"title": title, "text": text, "workspace": current_tenant().name, "link": link}
    letter = Letter("archive", title, words)
    notices = [Notice(each, title, text, path, letter) for each in owners()]
    notifications.tell(notices, kind=kind, key=key, about=about)


def owners() -> list[User]:
    """Return the workspace's owners who can act."""
    return list(
        User.objects.members().filter(
            is_active=True, role_bindings__role__name="owner", role_bindings__folder=None
        )
    )
