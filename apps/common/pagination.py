"""Paging of lists: by number on pages, by cursor in the API."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as RestCursorPagination
from rest_framework.request import Request

PAGE_SIZE = 25


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE_SIZE) -> "Page[Any]":
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
