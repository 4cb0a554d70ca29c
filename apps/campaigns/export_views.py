"""An access review as a file, sent a few hundred rights at a time."""

from collections.abc import AsyncIterator
from uuid import UUID

from django.http import StreamingHttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required
from apps.campaigns import formats, services
from apps.campaigns.models import Campaign
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query


@never_cache
@require_POST
@permission_required("campaign.view")
@proof_required
def export(request: AuthenticatedRequest, campaign_id: UUID) -> StreamingHttpResponse:
    """Hand out a campaign with all its rights; that it was taken is written down."""
    format_ = request.POST.get("format", "")
    campaign = services.open_export(campaign_id, actor=request.user, format_=format_)
    answer = StreamingHttpResponse(
        _sent(campaign, format_, current_scope()), content_type=formats.MEDIA[format_]
    )
    name = f"access-review-{campaign.created_at:%Y-%m-%d}.{format_}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


async def _sent(campaign: Campaign, format_: str, scope: Scope) -> AsyncIterator[str]:
    writer = formats.WRITERS[format_]()
    yield writer.begin(campaign)
    last: UUID | None = None
    while True:
        with entered(scope):  # the request's own is over by now
            items, behind = await query(formats.next_piece, campaign, last)
            text = writer.lines(items, first=last is None)
        if behind is None:
            break
        yield text
        last = behind
    yield writer.end()
