"""Attempts: what binds a provider's answer to the browser that asked, once, for ten minutes.

Only the row's id travels; nonce and verifier follow from it and our secret, so that nothing has to
be kept that could be read. The browser is known by its session.
"""

from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from apps.common.types import JSONDict
from apps.identity.exceptions import AttemptClosed
from apps.identity.models import ATTEMPT_LIFE, Attempt, Connection

IN_SESSION = "identity_attempts"
MOST_AT_ONCE = 5  # tabs


def begin(
    connection: Connection, session: SessionBase, *, following: str = "/", is_test: bool = False
) -> Attempt:
    """Note that this browser is on its way to the provider."""
    Attempt.objects.over().delete()
    attempt = Attempt.objects.create(connection=connection, following=following, is_test=is_test)
    if is_test:
        attempt.connection = connection.proposed
    session[IN_SESSION] = [*session.get(IN_SESSION, []), str(attempt.pk)][-MOST_AT_ONCE:]
    return attempt


def take(state: str, session: SessionBase) -> Attempt:
    """Return the attempt that an answer belongs to; it cannot be taken again.

    Raises AttemptClosed for another browser's, an old, a used and an invented one alike.
    """
    attempt = find(state)
    known = session.get(IN_SESSION, [])
    if str(attempt.pk) not in known or not use(attempt):
        raise AttemptClosed
    session[IN_SESSION] = [each for each in known if each != str(attempt.pk)]
    return attempt


def find(state: str) -> Attempt:
    """Return the open attempt of a state that we made. Raises AttemptClosed."""
    name = state.partition(".")[0]
    try:
        pk = UUID(hex=name)
    except ValueError:
        raise AttemptClosed from None
    attempt = Attempt.objects.select_related("connection").filter(pk=pk).first()
    if attempt is None or not attempt.is_open or not constant_time_compare(state_of(pk), state):
        raise AttemptClosed
    if attempt.is_test:
        attempt.connection = attempt.connection.proposed
    return attempt


def use(attempt: Attempt) -> bool:
    """Note that the answer came; False when another request was first."""
    fresh = Attempt.objects.filter(pk=attempt.pk, used_at=None, created_at__gt=Now() - ATTEMPT_LIFE)
    return fresh.update(used_at=Now()) == 1


def answer(attempt: Attempt, told: JSONDict) -> bool:
    """Keep what a provider posted, until the browser comes; False when an answer was there before.

    A post from another site comes without the browser's session.
    """
    fresh = Attempt.objects.filter(
        pk=attempt.pk, used_at=None, answer__isnull=True, created_at__gt=Now() - ATTEMPT_LIFE
    )
    return fresh.update(answer=told) == 1


def state(attempt: Attempt) -> str:
    """Return what the provider sends back unread."""
    return state_of(attempt.pk)


def state_of(pk: UUID) -> str:
    """Return the state of an attempt's id."""
    return f"{pk.hex}.{_derived(pk, 'state')}"


def nonce(attempt: Attempt) -> str:
    """Return what the provider puts into what it signs."""
    return _derived(attempt.pk, "nonce")


def verifier(attempt: Attempt) -> str:
    """Return the secret of PKCE, which proves to the token endpoint that we asked for the code."""
    return _derived(attempt.pk, "verifier")


def _derived(pk: UUID, purpose: str) -> str:
    return salted_hmac(f"identity.{purpose}", pk.hex, algorithm="sha256").hexdigest()
