"""A pack on its way out, part after part; one of them is in memory at a time."""

from collections.abc import AsyncIterator

from django.http import StreamingHttpResponse

from apps.evidence.models import Pack
from apps.files import services as files
from apps.files.models import Blob
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query


def answer(pack: Pack) -> StreamingHttpResponse:
    """Return the answer that hands a pack out."""
    sent = StreamingHttpResponse(_sent(pack, current_scope()), content_type="application/zip")
    sent["Content-Disposition"] = f'attachment; filename="{pack}"'
    sent["Content-Length"] = str(pack.size)
    sent["X-Content-Type-Options"] = "nosniff"
    sent["Cache-Control"] = "no-store"
    return sent


async def _sent(pack: Pack, scope: Scope) -> AsyncIterator[bytes]:
    number = 1
    while True:
        with entered(scope):  # the request's own is over by now
            data = await query(_part, pack, number)
        if data is None:
            return
        yield data
        number += 1


def _part(pack: Pack, number: int) -> bytes | None:
    blob = Blob.objects.filter(pk__in=pack.parts.filter(number=number).values("blob")).first()
    return None if blob is None else files.load(blob)
