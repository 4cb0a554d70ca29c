"""From the Host header to the tenant, for HTTP."""

from collections.abc import Awaitable
from contextlib import AbstractContextManager

from django.core.exceptions import DisallowedHost
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from apps.common.errors import NotFound
from apps.common.middleware import AsyncCapableMiddleware, outage_answer, wants_problem
from apps.common.problems import problem_response
from apps.tenants import turned_away
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.database import query
from apps.tenants.hosts import Destination, Site, destination
from apps.tenants.models import Tenant

URLCONFS = {Site.PUBLIC: "auterity.urls_public", Site.ADMIN: "auterity.urls_admin"}


class TenantMiddleware(AsyncCapableMiddleware):
    """Serve a request in the scope of its host's tenant, or answer that there is none.

    A host nobody knows and a suspended workspace get a page of their own; a suspended one says
    so only to those who know its address already.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self.is_async:
            return self._serve_async(request)
        try:
            found = _destination(request)
        except DatabaseError as error:
            return outage_answer(request, error)
        with _scope(found):
            refusal = _refusal(request, found)
            response = refusal or self.get_response(request)
            assert isinstance(response, HttpResponseBase)
            turned_away.note_answer(request, response, _slug(found))
        return response

    async def _serve_async(self, request: HttpRequest) -> HttpResponseBase:
        try:
            found = await query(_destination, request)  # a waiting view holds no connection
        except DatabaseError as error:
            return outage_answer(request, error)
        with _scope(found):
            refusal = _refusal(request, found)
            if refusal is not None:
                return refusal
            response = self.get_response(request)
            assert isinstance(response, Awaitable)
            answer: HttpResponseBase = await response
            turned_away.note_answer(request, answer, _slug(found))
            return answer


def _destination(request: HttpRequest) -> Destination:
    if request.path.startswith(("/healthz/", "/metrics")):
        return Destination(Site.PUBLIC)  # alive means alive, also without a database
    return destination(_host(request), request.headers.get("Authorization", ""))


def _host(request: HttpRequest) -> str:
    """Return the host; empty where there is none, or none that could be: nobody's site then."""
    try:
        return request.get_host() if request.META.get("HTTP_HOST") else ""
    except DisallowedHost:
        return ""


def _scope(found: Destination) -> AbstractContextManager[object]:
    return tenant_context(found.tenant) if found.tenant else public_scope()


def _refusal(request: HttpRequest, found: Destination) -> HttpResponse | None:
    """Return the answer where there is no site to serve, after choosing the site's URLs."""
    if found.site in URLCONFS:
        request.urlconf = URLCONFS[found.site]  # type: ignore[attr-defined]
        return None
    tenant = found.tenant
    if tenant is None:
        return _page(request, "tenants/unknown.html", "There is no workspace at this address.")
    request.tenant = tenant  # type: ignore[attr-defined]
    if tenant.status == Tenant.Status.DELETING:
        return _page(request, "tenants/deleting.html", "This workspace is being deleted.")
    if tenant.status != Tenant.Status.ACTIVE:
        return _page(request, "tenants/suspended.html", "This workspace is suspended.")
    return None


def _slug(found: Destination) -> str:
    return found.tenant.slug if found.tenant else ""


def _page(request: HttpRequest, template: str, sentence: str) -> HttpResponse:
    if wants_problem(request):
        return problem_response(NotFound(sentence))
    # Without the request: there is neither a session nor a user where there is no workspace.
    return HttpResponse(render_to_string(template), status=404)
