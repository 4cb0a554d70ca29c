"""The page of the workspace's data key."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.credentials.data_keys.services import MANAGE, rotate, standing


@require_http_methods(["GET", "POST"])
@permission_required(MANAGE)
@proof_required
def page(request: AuthenticatedRequest) -> HttpResponse:
    """Show how the workspace stands; posting rotates."""
    if request.method == "POST":
        rotate(actor=request.user)
        messages.success(
            request, "A new key seals from now on. The rest follows while people work."
        )
        return redirect("credentials:data_key")
    return render(request, "credentials/data_key.html", {"standing": standing()})
