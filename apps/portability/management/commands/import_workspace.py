"""`manage.py import_workspace`: an archive into a new workspace, in the name of one of its owners."""

from pathlib import Path
from typing import IO, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.portability import importing, receiving, telling
from apps.portability.models import Import
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant


class Command(BaseCommand):
    """Send an archive from a file of this machine and carry it to its end; says what came of it."""

    help = "Take an archive into a workspace that is new: all of it, or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="first part of the workspace's address")
        parser.add_argument("file", type=Path, help="the archive")
        parser.add_argument(
            "--as", dest="owner", help="e-mail address of the owner who answers for it"
        )
        parser.add_argument(
            "--passphrase-file", type=Path, help="holds the passphrase of the secrets in it"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with public_scope():
            tenant = Tenant.objects.filter(slug=options["slug"]).first()
        if tenant is None:
            raise CommandError(f"There is no workspace {options['slug']!r}.")
        passphrase = _read(options["passphrase_file"])
        with tenant_context(tenant):
            actor = _owner(options["owner"])
            try:
                job = self._taken_in(options["file"], actor, passphrase)
            except (DomainError, OSError) as error:
                raise CommandError(str(error)) from error
        if job.status != Import.Status.DONE:
            raise CommandError(f"Nothing of it came in. {job.trouble}".strip())
        self._tell(job)

    def _taken_in(self, path: Path, actor: User, passphrase: str) -> Import:
        job = receiving.begin_import(actor=actor, file_name=path.name)
        with path.open("rb") as file:
            _send(job, file, actor)
        receiving.start_import(job.pk, actor=actor, passphrase=passphrase)
        importing.carry(job.pk)
        job.refresh_from_db()
        return job

    def _tell(self, job: Import) -> None:
        report = job.report or {}
        for kind, count in report.get("came", {}).items():
            self.stdout.write(f"{count:>9,}  {kind}")
        for each in (*report.get("left", []), *report.get("changed", [])):
            words = each.get("why") or each.get("what")
            self.stderr.write(f"{each['kind']}, {each['count']:,}: {words}")


def _send(job: Import, file: IO[bytes], actor: User) -> None:
    number = 0
    while piece := file.read(receiving.MOST_PIECE):
        number += 1
        receiving.add_piece(job.pk, number, piece, actor=actor)


def _owner(email: str | None) -> User:
    """Return the owner of an address, or the only one there is."""
    owners = [each for each in telling.owners() if not email or each.email == email.strip().lower()]
    if len(owners) != 1:
        raise CommandError("Say with --as which owner answers for it.")
    return owners[0]


def _read(path: Path | None) -> str:
    return path.read_text().rstrip("\n") if path else ""
