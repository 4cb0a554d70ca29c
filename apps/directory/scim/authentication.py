"""Whose request it is: a token decides the directory, inside the workspace that the host decided."""

import logging
from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import keys, refusals
from apps.common import windows
from apps.common.errors import TooMany, Unauthenticated
from apps.common.limits import Limit
from apps.common.outages import REDIS_AWAY
from apps.common.requests import client_ip
from apps.directory.models import Token

logger = logging.getLogger(__name__)

SCHEME = "bearer "
STRANGERS = Limit("scim-strangers", 60, 60)
PER_MINUTE, WINDOW_S = 1800, 60


class UnknownToken(Unauthenticated):
    """Send a valid token of this directory as Authorization: Bearer."""

    challenge = 'Bearer realm="scim"'


def token_of(request: HttpRequest) -> Token:
    """Return the token of a request, which may be over. Raises UnknownToken, TooMany.

    Whatever is sent, one query and one hash are made: an attempt tells nothing by its time.
    """
    header = request.headers.get("Authorization", "")
    is_bearer = header[: len(SCHEME)].lower() == SCHEME
    text = header[len(SCHEME) :].strip() if is_bearer else ""
    key_id, secret = keys.split(text, kind=Token.KIND)
    tokens = Token.objects.select_related("directory__connection", "directory__cap")
    token = tokens.filter(key_id=key_id).first()
    hashed = keys.hash_secret(secret, purpose=Token.PURPOSE)
    if not keys.same(hashed, token.secret_hash if token else None) or token is None:
        address = client_ip(request)
        refusals.note(
            "directory_token.refused", who=address, told={"token": key_id or "none of ours"}
        )
        STRANGERS.count(address)
        raise UnknownToken
    token.directory.acting_key = token
    return token


def check_usable(token: Token) -> None:
    """Raise UnknownToken for one that is over, TooMany for one that asks too often."""
    if token.state != "active":
        raise UnknownToken(f"The token {token} is {token.state}. Make another one.")
    _count(token)
    stale = timezone.now() - timedelta(minutes=1)
    if token.last_used_at is None or token.last_used_at < stale:
        Token.objects.filter(pk=token.pk).update(last_used_at=timezone.now())


def _count(token: Token) -> None:
    """Count a request; while nothing can be counted, those who have a token are served."""
    try:
        used = windows.count(f"scim:{token.pk}", WINDOW_S)
    except REDIS_AWAY as error:
        logger.warning("Requests of directories are not counted, Redis is away: %s", error)
        return
    if used > PER_MINUTE:
        left = windows.seconds_left(WINDOW_S)
        raise TooMany(f"More than {PER_MINUTE} requests a minute.", retry_after=left)
