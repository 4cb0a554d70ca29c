"""Paging of lists: by number on pages, by cursor in the API."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, PageNumberPagination
from rest_framework.pagination import CursorPagination as RestCursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

PAGE_SIZE = 25


def page_of(
    request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int = PAGE_SIZE
) -> "Page[Any]":
    """Return the page that the address asks for; the nearest one there is for a number out of range."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


class CursorPagination(RestCursorPagination):
    """Newest first; ids are time-ordered, so they break ties without a second index."""

    ordering = ("-created_at", "-id")
    page_size_query_param = "page_size"
    max_page_size = 100

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place in the list. Raises NotFound for a cursor that none of ours looks like."""
        cursor = super().decode_cursor(request)
        try:
            if cursor and cursor.position and not parse_datetime(str(cursor.position)):
                raise ValueError
        except ValueError:
            raise NotFound(self.invalid_cursor_message) from None
        return cursor


class ListPagination(PageNumberPagination):
    """Pages of a list that is no table, told like all others: next, previous, results."""

    page_size_query_param = "page_size"
    max_page_size = 100

    @classmethod
    def answer(
        cls, request: Request, rows: Sequence[Any], serializer: type[BaseSerializer[Any]]
    ) -> Response:
        """Return the page that the request asks for. Raises NotFound for one that is not there."""
        pages = cls()
        shown: Any = pages.paginate_queryset(rows, request)  # type: ignore[arg-type]  # a list will do
        return pages.get_paginated_response(serializer(shown, many=True).data)

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page without a count: no list of ours has one."""
        links = {"next": self.get_next_link(), "previous": self.get_previous_link()}
        return Response({**links, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the schema of a page."""
        told = super().get_paginated_response_schema(schema)
        told["required"] = ["results"]
        del told["properties"]["count"]
        return told
