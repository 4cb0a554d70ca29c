"""What the lists of the console share: rows are made by forms, through services, and then only looked at."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from apps.accounts import proof
from apps.accounts.models import User
from apps.dispatch.admin import ReadOnly


class Console(ReadOnly):
    """A list whose rows staff make, and then look at and act on."""

    asked: ClassVar[tuple[str, ...]] = ()  # fields of the form
    shown: ClassVar[tuple[str, ...]] = ()  # fields of a row that is there
    proof_asked: ClassVar[bool] = False  # before a row is made

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown if obj else self.asked

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown if obj else ()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a fresh proof first, where that is wanted."""
        allowed = self.has_add_permission(request)
        if allowed and self.proof_asked and not proof.is_fresh(request.session):
            return proof.ask(request, keep=False)
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        shown = {**one_button, **(extra_context or {})}
        answer: HttpResponse = never_cache(super().add_view)(request, form_url, shown)
        return answer

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Leave it to the audit trail."""


def actor_of(request: HttpRequest) -> User:
    """Return who acts, as the trail names them: the request holds a lazy stand-in."""
    user: User = User.objects.get(pk=request.user.pk)
    return user
