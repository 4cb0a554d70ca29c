"""Asking somebody's company again who they are, while they are signed in: for what is sensitive."""

from datetime import timedelta

from allauth.account.internal.flows.reauthentication import resume_request
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.http import urlencode

from apps.accounts import proof
from apps.accounts.services import turn_key
from apps.common.types import JSONDict
from apps.identity import attempts, ceilings
from apps.identity.asserted import read
from apps.identity.exceptions import NotProvedAnew
from apps.identity.models import Attempt, Connection

IN_SESSION = "identity_proving"
SKEW = timedelta(seconds=60)


def begin(connection: Connection, session: SessionBase, *, following: str) -> Attempt:
    """Note that this browser goes to the provider to prove who sits at it."""
    attempt = attempts.begin(connection, session, following=following)
    session[IN_SESSION] = str(attempt.pk)
    return attempt


def is_for(attempt: Attempt, session: SessionBase) -> bool:
    """Tell whether the attempt was begun to prove, not to sign in."""
    return session.get(IN_SESSION) == str(attempt.pk)


def finish(request: HttpRequest, attempt: Attempt, claims: JSONDict) -> HttpResponse:
    """Take what the provider vouches for as a proof, and go on with what was asked.

    Raises NoSubject, ChangingSubject, and NotProvedAnew for another person, and where the provider
    says that it asked nobody; BeyondCeiling for who would not come in that way yet. Some do not say
    when they did: then having been sent there with the wish counts.
    """
    subject = read(claims, attempt.connection).subject
    links = attempt.connection.links.select_related("user").filter(
        subject=subject, user=request.user.pk
    )
    asked_at = claims.get("auth_time", attempt.created_at.timestamp())
    earliest = (attempt.created_at - SKEW).timestamp()
    if not links.exists() or not isinstance(asked_at, int | float) or asked_at < earliest:
        raise NotProvedAnew
    ceilings.check_member(attempt.connection.ceiling, links.get().user)
    del request.session[IN_SESSION]
    turn_key(request.session)
    proof.renew(request.session)
    request.GET = QueryDict(urlencode({"next": attempt.following}))
    resumed: HttpResponse | None = resume_request(request)
    return resumed or redirect(attempt.following)
