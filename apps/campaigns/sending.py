"""A campaign on its way out as a file, a few hundred rights at a time."""

from collections.abc import AsyncIterator
from uuid import UUID

from django.http import StreamingHttpResponse

from apps.campaigns import formats
from apps.campaigns.models import Campaign
from apps.files.sending import as_attachment
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query


def answer(campaign: Campaign, format_: str) -> StreamingHttpResponse:
    """Return the answer that hands a campaign out."""
    sent = StreamingHttpResponse(
        _sent(campaign, format_, current_scope()), content_type=formats.MEDIA[format_]
    )
    name = f"access-review-{campaign.created_at:%Y-%m-%d}.{format_}"
    return as_attachment(sent, name)


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
