"""Paging of the trail: by the entries' own ids, which grow with time."""

from uuid import UUID

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as RestCursorPagination
from rest_framework.request import Request


class EntryPagination(RestCursorPagination):
    """Newest first."""

    ordering = "-id"
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place in the trail. Raises NotFound for a cursor that none of ours looks like."""
        cursor = super().decode_cursor(request)
        try:
            if cursor and cursor.position:
                UUID(str(cursor.position))
        except ValueError:
            raise NotFound(self.invalid_cursor_message) from None
        return cursor
