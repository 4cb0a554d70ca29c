"""Who else is platform staff; they are made and let back in by `manage.py create_staff`."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.accounts.models import User


@admin.register(User)
class StaffAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not a generic at run time
    """A list to look at: nobody gives themselves company, or takes a factor away, from here."""

    list_display = ("email", "name", "second_factor", "is_active", "last_login", "created_at")
    search_fields = ("email", "name")
    list_per_page = 25
    ordering = ("email",)
    fields = readonly_fields = ("email", "name", "second_factor", "is_active", "last_login")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        staff: QuerySet[User] = User.objects.members().with_second_factor()
        return staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Second factor", boolean=True)
    def second_factor(self, user: User) -> bool:
        """Whether an authenticator app is set up."""
        return bool(getattr(user, "has_second_factor", False))
