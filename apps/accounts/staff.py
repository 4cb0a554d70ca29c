"""The platform staff's admin site: a second factor is required, passwords are not asked for here."""

from collections.abc import Iterable
from typing import Any

from allauth.account.decorators import secure_admin_login
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from apps.accounts.models import User


class StaffSite(AdminSite):
    """The stock admin, entered through the product's own sign-in and a second factor."""

    site_header = site_title = "Auterity administration"
    index_title = "Platform"
    site_url = None

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Leave out what libraries register: sealed secrets of second factors are nobody's list."""
        models = (
            model_or_iterable if isinstance(model_or_iterable, Iterable) else [model_or_iterable]
        )
        own = [model for model in models if model.__module__.startswith("apps.")]
        super().register(own, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever has a second factor has shown it: setting it up ends every other session."""
        user = request.user
        return super().has_permission(request) and isinstance(user, User) and is_mfa_enabled(user)

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        """Lead to the sign-in, and those who have no second factor yet to making one."""
        guarded = secure_admin_login(self._second_factor)
        answer: HttpResponse = guarded(request)
        return answer

    def logout(self, request: HttpRequest, extra_context: object = None) -> Any:
        return redirect("account_logout")

    def _second_factor(self, request: HttpRequest) -> HttpResponseBase:
        if self.has_permission(request):
            return redirect("admin:index")
        messages.info(request, "Set up a second factor to enter the administration.")
        return redirect("mfa_activate_totp")
