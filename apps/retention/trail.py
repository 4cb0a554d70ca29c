"""Looking after the chain of the audit trail: linked within two seconds, checked once a day.

Each entry plans a chore in its own transaction, under its own id, so that writers never wait for
each other. The sweep calls once a second for whatever is due of a workspace.
"""

import logging
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.audit import chain, checking
from apps.audit.models import AuditEntry, Check
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.tenants.context import PUBLIC, current_schema

logger = logging.getLogger(__name__)

LINK = "audit.link"
SOON = timedelta(seconds=1)
CHECK_EACH = timedelta(days=1)


def plan_link(entry: AuditEntry) -> None:
    """Have an entry linked once it is committed; the platform's own are taken in by the rounds."""
    if current_schema() != PUBLIC:
        chores.plan_now(LINK, [entry.pk])


def link_pending() -> None:
    """Link all that is planned in this workspace; while somebody else does, come again soon."""
    while pending := _planned():
        try:
            with transaction.atomic():
                chain.link(pending)
                chores.done(LINK, pending)
        except chain.Busy:
            chores.plan(LINK, pending, chores.now() + SOON)
            return


def look_after() -> None:
    """Link what has no place in the chain, and check the chain if that was not done today."""
    try:
        while chain.link() == chain.AT_ONCE:
            pass
    except chain.Busy:
        return
    last = Check.objects.first()
    if last is None or last.at < timezone.now() - CHECK_EACH:
        found = checking.check()
        if found.wrong:
            logger.error("The audit trail of %s is broken: %s", current_schema(), found.wrong)


def _planned() -> list[UUID]:
    chosen = Chore.objects.filter(kind=LINK).order_by("subject")
    return list(chosen.values_list("subject", flat=True)[: chain.AT_ONCE])
