"""An access review as a file."""

from uuid import UUID

from django.http import StreamingHttpResponse
from django.views.decorators.http import require_POST

from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.campaigns import sending, services


@require_POST
@permission_required("campaign.view")
@proof_required
def export(request: AuthenticatedRequest, campaign_id: UUID) -> StreamingHttpResponse:
    """Hand out a campaign with all its rights; that it was taken is written down."""
    format_ = request.POST.get("format", "")
    campaign = services.open_export(campaign_id, actor=request.user, format_=format_)
    return sending.answer(campaign, format_)
