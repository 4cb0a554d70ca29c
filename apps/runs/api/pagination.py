"""Paging of the steps of a run: the workflow's own in the order of its graph, then rounds."""

from typing import Any

from django.db.models import CharField, QuerySet, Value
from django.db.models.functions import Cast, Concat, LPad
from rest_framework.pagination import CursorPagination


class NodePagination(CursorPagination):
    """A hundred steps at a time, or as many as are asked for."""

    ordering = ("position",)
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500


def in_order(steps: QuerySet[Any]) -> QuerySet[Any]:
    """Return steps with the position by which they are paged; no two of a run have the same."""
    place = LPad(Cast("place", CharField()), 8, Value("0"))
    position = Concat("frame", Value("#"), place, output_field=CharField())
    placed: QuerySet[Any] = steps.annotate(position=position)
    return placed
