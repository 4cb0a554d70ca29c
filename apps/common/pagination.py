"""Paging of lists: by number on pages, by cursor in the API."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from rest_framework.pagination import CursorPagination as RestCursorPagination

PAGE_SIZE = 25


def page_of(request: HttpRequest, rows: QuerySet[Any], size: int = PAGE_SIZE) -> "Page[Any]":
    """Return the page that the address asks for; the nearest one there is for a number out of range."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


class CursorPagination(RestCursorPagination):
    """Newest first; ids are time-ordered, so they break ties without a second index."""

    ordering = ("-created_at", "-id")
    page_size_query_param = "page_size"
    max_page_size = 100
