"""Paging of lists by cursor."""

from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as RestCursorPagination
from rest_framework.request import Request


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
