"""Paging of the steps of a run: in the order of the graph."""

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor
from rest_framework.pagination import CursorPagination as RestCursorPagination
from rest_framework.request import Request


class NodePagination(RestCursorPagination):
    """A hundred steps at a time, or as many as are asked for."""

    ordering = ("place", "id")
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return the place in the list. Raises NotFound for a cursor that none of ours looks like."""
        cursor = super().decode_cursor(request)
        if cursor and cursor.position and not str(cursor.position).isdecimal():
            raise NotFound(self.invalid_cursor_message)
        return cursor
