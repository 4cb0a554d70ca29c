"""Idempotency-Key: a repeated POST gets the first one's answer instead of a second effect."""

import hashlib
import json
from datetime import timedelta
from http import HTTPStatus

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.models import StoredAnswer, User
from apps.common.errors import Conflict, Invalid

HEADER = "Idempotency-Key"
LIFE = timedelta(hours=24)
MAX_LENGTH = 255


class InProgress(Conflict):
    """The first request with this Idempotency-Key is still running. Repeat this one in a moment."""

    code = "in_progress"


class OtherBody(Conflict):
    """This Idempotency-Key was used with another request. Use a new key."""

    code = "idempotency_key_reused"


class SecretShownOnce(Conflict):
    """The first request succeeded, and its answer held a secret that is shown only once."""

    code = "secret_shown_once"


def begin(request: Request, user: User) -> StoredAnswer | None:
    """Claim the request's key; None without one.

    Returns a row with a status if the answer is known already. Raises InProgress, OtherBody,
    SecretShownOnce.
    """
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not 0 < len(key) <= MAX_LENGTH or not key.isprintable():
        raise Invalid(f"{HEADER} must have 1 to {MAX_LENGTH} printable characters.")
    principal = user.principal
    digest = _digest(request)
    StoredAnswer.objects.filter(created_at__lt=timezone.now() - LIFE, principal=principal).delete()
    try:
        with transaction.atomic():
            return StoredAnswer.objects.create(principal=principal, key=key, body_hash=digest)
    except IntegrityError:
        return _known(StoredAnswer.objects.get(principal=principal, key=key), digest)


def finish(stored: StoredAnswer, response: Response, *, secret: bool) -> None:
    """Keep the answer; a failure on our side is forgotten, so that a repeat may succeed."""
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        stored.delete()
        return
    shown_once = secret and response.status_code < HTTPStatus.BAD_REQUEST
    stored.status, stored.secret = response.status_code, shown_once
    stored.body = (
        None if shown_once else json.loads(JSONRenderer().render(response.data) or b"null")
    )
    stored.save(update_fields=["status", "body", "secret", "updated_at"])


def _known(stored: StoredAnswer, digest: str) -> StoredAnswer:
    if stored.body_hash != digest:
        raise OtherBody
    if stored.status is None:
        raise InProgress(headers={"Retry-After": "1"})
    if stored.secret:
        raise SecretShownOnce
    return stored


def _digest(request: Request) -> str:
    text = f"{request.method} {request.get_full_path()} ".encode() + request.body
    return hashlib.sha256(text).hexdigest()
