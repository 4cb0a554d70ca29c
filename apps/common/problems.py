"""Errors as RFC 9457 problems."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from apps.common.errors import (
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    TooLarge,
    TooMany,
    Unauthenticated,
)
from apps.common.outages import outage_of
from apps.common.types import JSONDict

PROBLEM_JSON = "application/problem+json"


def problem_response(error: DomainError) -> HttpResponse:
    """Return a domain error as problem+json, for views outside the REST framework."""
    body = json.dumps(error.problem())
    return HttpResponse(body, status=error.status, content_type=PROBLEM_JSON, headers=error.headers)


def exception_handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn whatever an API view raised into a problem; None lets a real bug become a 500."""
    domain = as_domain_error(error)
    if domain is None:
        return None
    request = context["request"]  # whatever it asked for, a problem is JSON
    request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    return Response(
        domain.problem(), domain.status, headers=domain.headers, content_type=PROBLEM_JSON
    )


def as_domain_error(error: Exception) -> DomainError | None:
    """Map framework exceptions onto our own; None for what nobody foresaw."""
    if isinstance(error, DomainError):
        return error
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return Forbidden()
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Unauthenticated()
    if isinstance(error, exceptions.ValidationError):
        return Invalid(errors=list(_field_errors(error.detail)))
    if isinstance(error, exceptions.Throttled):
        return TooMany(retry_after=int(getattr(error, "wait", None) or 1) + 1)
    return outage_of(error) or _other(error)


def _other(error: Exception) -> DomainError | None:
    if not isinstance(error, exceptions.APIException):
        return None
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge()
    generic = DomainError(str(error.detail))
    generic.status, generic.code = error.status_code, error.default_code  # type: ignore[misc]
    return generic


def _field_errors(detail: Any, path: str = "") -> list[JSONDict]:
    if isinstance(detail, Mapping):
        found = [
            _field_errors(value, f"{path}.{key}" if path else str(key))
            for key, value in detail.items()
        ]
        return [entry for group in found for entry in group]
    if isinstance(detail, list) and any(isinstance(item, Mapping | list) for item in detail):
        found = [_field_errors(value, f"{path}.{index}") for index, value in enumerate(detail)]
        return [entry for group in found for entry in group]
    items = detail if isinstance(detail, list) else [detail]
    field = "" if path == "non_field_errors" else path
    return [
        {"field": field, "message": str(item), "code": getattr(item, "code", "invalid")}
        for item in items
    ]
