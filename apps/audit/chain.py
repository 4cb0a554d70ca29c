"""Linking committed entries into the chain of their workspace, one linker at a time.

Entries are not linked in the transaction that writes them, which would have a workspace's writes
wait for each other, but soon after. Each link holds the hash of its entry and of the link before
it; the last of each batch is signed with a key that is not in the database.
"""

import hashlib
import json
import logging
from collections.abc import Collection, Iterable
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.audit.models import AuditEntry, Link
from apps.common.types import JSONDict
from apps.tenants.context import current_schema
from apps.vault.signing import Signatures

logger = logging.getLogger(__name__)

CONTEXT = "audit chain"
AT_ONCE = 500
LOCK = 4_810_236  # any constant number, used by nothing else
ALONE = "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))"


class Busy(Exception):
    """Somebody else is linking the entries of this workspace."""


@transaction.atomic
def link(entries: Collection[UUID] | None = None) -> int:
    """Link the next few of these entries, or of all, that are not linked yet; return how many.

    Raises Busy. A chain that begins takes in whatever there is.
    """
    _be_alone()
    last = Link.objects.order_by("-number").first()
    pending = unlinked()
    if last is not None and entries is not None:
        pending = pending.filter(pk__in=entries)
    links = list(_linked(last, pending.order_by("pk")[:AT_ONCE]))
    if links:
        links[-1].signature = Signatures(CONTEXT).sign(checkpoint(links[-1]))
        Link.objects.bulk_create(links)
        logger.info("Audit checkpoint of %s: %s", current_schema(), links[-1])
    return len(links)


def unlinked() -> QuerySet[AuditEntry]:
    """Return the entries that have no place in the chain."""
    return AuditEntry.objects.exclude(Exists(Link.objects.filter(entry=OuterRef("pk"))))


def hash_of(number: int, entry: AuditEntry, before: str) -> str:
    """Return the hash of a link: of its place, its entry, and the hash before it.

    What is empty is not told, so that a column which comes later leaves old hashes as they are.
    """
    return hash_of_told(number, told(entry), before)


def told(entry: AuditEntry) -> JSONDict:
    """Return what of an entry is hashed; `hash_of_told` makes the same of it where it is read again."""
    fields = ((field.attname, getattr(entry, field.attname)) for field in entry._meta.fields)
    return {name: value for name, value in fields if value not in (None, "")}


def hash_of_told(number: int, told: JSONDict, before: str) -> str:
    """Return the hash of a link."""
    text = json.dumps([number, before, told], default=str, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def checkpoint(link: Link, *, begins: bool = False) -> bytes:
    """Return what is signed: that the chain holds up to a link, or begins after it."""
    return f"{'begins after' if begins else 'up to'} {link}".encode()


def _linked(last: Link | None, entries: Iterable[AuditEntry]) -> Iterable[Link]:
    number, before = (last.number, last.hash) if last else (0, "")
    for entry in entries:
        number += 1
        before = hash_of(number, entry, before)
        yield Link(number=number, entry=entry.pk, hash=before)


def _be_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(ALONE, [LOCK, current_schema()])
        if not cursor.fetchone()[0]:
            raise Busy
