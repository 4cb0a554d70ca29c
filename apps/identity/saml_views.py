"""What a SAML provider reaches here: where it posts answers, and what we say of ourselves."""

from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.decorators import public_page
from apps.common.errors import TooMany
from apps.common.requests import client_ip
from apps.common.types import JSONDict
from apps.identity import admission, attempts, limits, testing
from apps.identity.exceptions import NotOpen, SignInRefused
from apps.identity.models import Attempt, Connection
from apps.identity.saml import endpoints, flow, gate, keys, metadata
from apps.identity.sign_in_views import refused

METADATA_TYPE = "application/samlmetadata+xml"


@csrf_exempt  # it comes from the provider's site; what binds it to us is the request that it answers
@public_page
@never_cache
@require_POST
def acs(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Take an answer, and let the browser come for it with its session, which a post from elsewhere lacks."""
    connection = None
    try:
        limits.POSTS.count(client_ip(request))
        connection = _find(connection_id)
        response = gate.opened(request.POST.get("SAMLResponse", ""))
        attempt = flow.asked(response, connection)
    except (SignInRefused, TooMany) as error:
        return refused(request, error, connection)
    try:
        flow.take(response, attempt, endpoints.of(request, connection))
    except SignInRefused as error:
        return _not_taken(request, attempt, error, flow.shown(response))
    query = urlencode({"state": attempts.state(attempt)})
    return redirect(f"{reverse('identity:callback', args=[connection_id])}?{query}")


@public_page
@never_cache
@require_GET
def our_metadata(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Show what the provider has to know of us."""
    connection = Connection.objects.saml().filter(pk=connection_id).first()
    if connection is None:
        raise Http404
    told = metadata.ours(endpoints.of(request, connection), keys.published())
    return HttpResponse(told, content_type=METADATA_TYPE)


def _find(connection_id: UUID) -> Connection:
    found = Connection.objects.saml().filter(pk=connection_id).first()
    if found is None:
        raise NotOpen
    return found


def _not_taken(
    request: HttpRequest, attempt: Attempt, error: SignInRefused, shown: JSONDict
) -> HttpResponse:
    """Say what is wrong where it is looked for: on the test's page, or in the trail and here."""
    if not attempts.use(attempt):
        return refused(request, error, attempt.connection)
    if attempt.is_test:
        rows = testing.rows(shown, attempt.connection) if shown else []
        testing.finish(attempt, testing.failed(error, rows))
        return redirect(attempt.following)
    admission.refuse(attempt.connection, None, error)
    return refused(request, error, attempt.connection)
