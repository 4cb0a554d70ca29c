"""The page on which a key is changed while its secret stays."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts import policies, services
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.forms import KeyChangeForm
from apps.accounts.models import ApiKey, User
from apps.accounts.proof import proof_required
from apps.common.errors import DomainError
from apps.common.requests import client_ip


@require_http_methods(["GET", "POST"])
@permission_required("api_key.use")
@proof_required
def change(request: AuthenticatedRequest, key_id: UUID) -> HttpResponse:
    """Show a key; change its name, its end, and from where it is accepted."""
    keys = ApiKey.objects.select_related("user", "role", "created_by")
    key = policies.find(request.user, keys, pk=key_id)
    form = KeyChangeForm(request.POST or None, key=key)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_api_key(key, actor=request.user, **form.values)
            messages.success(request, f"“{key.name}” is changed. It counts for the next request.")
            return redirect("accounts:change_key", key.pk)
        except DomainError as error:
            form.blame(error)
            key.refresh_from_db()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {
        "key": key,
        "form": form,
        "is_program": key.user.kind == User.Kind.SERVICE,
        "your_address": client_ip(request),
    }
    return render(request, "accounts/api_key.html", context, status=status)
