"""The permission of API views that declare none."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView


class DenyUndeclared(BasePermission):
    """Refuse everything: a view that names no permission of its own stays closed."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        return False
