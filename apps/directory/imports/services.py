"""Imports of people: reading a file, and starting what was read; by who manages members."""

from datetime import timedelta

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.accounts.roles import FOR_KEYS
from apps.accounts.services import role_named
from apps.accounts.services.giving import check_may_give
from apps.audit.services import record
from apps.common.errors import Conflict, Forbidden
from apps.directory.imports import files
from apps.directory.imports.carrying import CHORE, FORGET
from apps.directory.imports.judging import rows_of
from apps.directory.models import ImportRow, PeopleImport
from apps.dispatch import chores

DRAFT_LIFE = timedelta(days=1)
BATCH = 500
Status = PeopleImport.Status


class NoDraft(Conflict):
    """This import was started already."""

    code = "no_draft"


@transaction.atomic
def read_file(*, name: str, raw: bytes, actor: User) -> PeopleImport:
    """Read an export and keep who is in it, for a day, to be looked at. Raises UnreadableFile."""
    policies.require(actor, "member.manage")
    source, candidates = files.read(raw)
    job = PeopleImport.objects.create(source=source, file_name=name[-120:], made_by=actor)
    ImportRow.objects.bulk_create(rows_of(job, candidates), batch_size=BATCH)
    chores.plan(FORGET, [job.pk], chores.now() + DRAFT_LIFE)
    record("people_import.read", actor=actor, target=job, after={"source": source, "people": len(candidates)})  # fmt: skip
    return job


@transaction.atomic
def start(job: PeopleImport, *, role: str, actor: User) -> None:
    """Let the people of an import join with a role. Raises Forbidden, NoDraft, UnknownRole."""
    policies.require(actor, "member.manage")
    chosen = role_named(role)
    if chosen.name in FOR_KEYS or chosen.name == "owner":
        raise Forbidden("An import makes no owners. Choose another role.")
    check_may_give(actor, chosen)
    job = _draft(job)
    job.role, job.status, job.made_by = chosen, Status.QUEUED, actor
    job.save(update_fields=["role", "status", "made_by", "updated_at"])
    chores.done(FORGET, [job.pk])
    chores.add(CHORE, [job.pk])
    record("people_import.started", actor=actor, target=job, after={"role": role})


@transaction.atomic
def discard(job: PeopleImport, *, actor: User) -> None:
    """Forget a file that was read, with the passwords in it. Raises NoDraft."""
    policies.require(actor, "member.manage")
    job = _draft(job)
    record("people_import.discarded", actor=actor, target=job)
    chores.done(FORGET, [job.pk])
    job.delete()


def _draft(job: PeopleImport) -> PeopleImport:
    locked = PeopleImport.objects.select_for_update().get(pk=job.pk)
    if locked.status != Status.DRAFT:
        raise NoDraft
    return locked
