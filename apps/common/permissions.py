"""What views declare who need no member, and what happens to API views that declare nothing."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


PUBLIC = "public"
View = TypeVar("View", bound=Callable[..., Any])


def public_page(view: View) -> View:
    """Say that a page is for strangers too."""
    view.permission_required = PUBLIC  # type: ignore[attr-defined]
    return view


class DenyUndeclared(BasePermission):
    """Refuse everything: a view that names no permission of its own stays closed."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        return False
