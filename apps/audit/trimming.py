"""Deleting the beginning of the trail by its rule; the link before what stays says where it begins."""

from collections.abc import Sequence
from datetime import datetime
from itertools import takewhile
from uuid import UUID

from django.db import transaction

from apps.audit import chain
from apps.audit.checking import Walk
from apps.audit.models import AuditEntry, Link
from apps.tenants.context import current_schema, maintenance
from apps.vault.signing import Signatures


def older(before: datetime) -> list[UUID]:
    """Return the next entries that were written before a moment, in the order of the chain.

    A chain that does not hold is evidence: nothing of it is deleted any more.
    """
    walk = Walk()
    links = walk.next()
    if walk.follow(links):
        return []
    times = dict(
        AuditEntry.objects.filter(pk__in=[each.entry for each in links]).values_list("pk", "at")
    )
    there = [each.entry for each in links if each.entry in times]
    return list(takewhile(lambda entry: times[entry] < before, there))


@transaction.atomic
def trim(entries: Sequence[UUID]) -> None:
    """Delete entries from the beginning, all but the last of their links with them.

    The workspace's own role may only add to its trail; this is the one thing that takes away.
    """
    last = Link.objects.filter(entry__in=entries).order_by("number").last()
    if last is None:
        return
    last.begins = True
    last.signature = Signatures(chain.CONTEXT).sign(chain.checkpoint(last, begins=True))
    with maintenance(current_schema()):
        AuditEntry.objects.filter(pk__in=entries).delete()
        Link.objects.filter(number__lt=last.number).delete()
        last.save(update_fields=["begins", "signature"])
