"""Paging of lists by cursor."""

from rest_framework.pagination import CursorPagination as RestCursorPagination


class CursorPagination(RestCursorPagination):
    """Newest first; ids are time-ordered, so they break ties without a second index."""

    ordering = ("-created_at", "-id")
    page_size_query_param = "page_size"
    max_page_size = 100
