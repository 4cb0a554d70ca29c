"""Tokens of directories, looked at each day before they end: owners are told in time."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from apps.directory.models import Token
from apps.dispatch import chores
from apps.identity.saml.watching import WARNED_DAYS, tell_at

CHORE = "directory.tokens"
AGAIN = timedelta(days=1)
THEN = (
    "The directory tells nothing any more then: who leaves the company stays here. Make another one on "
    "the page of the directory and give it to the provider before."
)


def look_in_time(token: Token) -> None:
    """Have a token looked at from the first day on which its end is told of."""
    chores.plan(CHORE, [token.pk], token.expires_at - timedelta(days=max(WARNED_DAYS)))


def look(subjects: Iterable[UUID]) -> None:
    """Tell of tokens that end soon; what is over or revoked is looked at no more. Safe to do twice."""
    for subject in subjects:
        token = Token.objects.select_related("directory__connection").filter(pk=subject).first()
        if token is None or token.revoked_at:
            chores.done(CHORE, [subject])
            continue
        what = f"The token {token} of {token.directory.connection}"
        tell_at(token.expires_at, f"token:{token.pk}", what, THEN)
        if token.state == "active":
            chores.plan(CHORE, [subject], chores.now() + AGAIN)
        else:
            chores.done(CHORE, [subject])
