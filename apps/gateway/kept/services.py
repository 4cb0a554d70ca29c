"""Keeping what was asked and answered in a call, and showing it to those who may."""

import base64
import json
import logging
import zlib
from datetime import timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.gateway.models import KeptBody, LlmCall
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import seal, unseal

logger = logging.getLogger(__name__)


def keep(call_id: UUID, run_id: str, body: JSONDict, hours: int) -> None:
    """Keep a body for so many hours. One that cannot be kept stops no call."""
    now = timezone.now()
    kept = KeptBody(
        call_id=call_id, run_id=run_id or None, created_at=now,
        expires_at=now + timedelta(hours=hours),
    )  # fmt: skip
    plain = json.dumps(body, separators=(",", ":")).encode(errors="replace")
    try:
        packed = base64.b85encode(zlib.compress(plain)).decode()
        kept.sealed = seal(packed, context=kept.context)
        with transaction.atomic():
            kept.save(force_insert=True)
    except (CannotUnseal, DatabaseError) as error:
        logger.warning("The body of the call %s is not kept: %s", call_id, type(error).__name__)


@transaction.atomic
def open_body(call: LlmCall, *, actor: User) -> JSONDict:
    """Return what is kept of a call; that somebody looked at it is told in the trail.

    Raises NotFound, Forbidden.
    """
    policies.check(actor, "view", call)
    policies.check(actor, "view", KeptBody)
    kept = KeptBody.objects.unexpired().filter(pk=call.pk).first()
    if kept is None:
        raise NotFound("Nothing is kept of this call, or its time is over.")
    try:
        packed = unseal(kept.sealed, context=kept.context)
    except CannotUnseal:
        raise NotFound("What was kept of this call does not open any more.") from None
    record("call_body.viewed", actor=actor, target=call)
    body: JSONDict = json.loads(zlib.decompress(base64.b85decode(packed)))
    return body
