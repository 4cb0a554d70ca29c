"""Archives of a workspace: one that is written, one that is to be, and one that is sent to come in."""

from apps.accounts.models import User
from apps.portability import exporting, receiving, services
from apps.portability.models import Export


def make(owner: User, canary: str) -> dict[str, str]:
    """Write an archive, leave another one to be written whose asker is gone, and send a file."""
    going = services.start_export(actor=owner)
    Export.objects.filter(pk=going.pk).update(started_by=None)
    archive = services.start_export(actor=owner)
    exporting.carry(archive.pk)
    job = receiving.begin_import(actor=owner, file_name=f"{canary}.zip")
    receiving.add_piece(job.pk, 1, b"no archive", actor=owner)
    return {
        "whole_archive": str(archive.pk),
        "going_archive": str(going.pk),
        "archive_import": str(job.pk),
    }
