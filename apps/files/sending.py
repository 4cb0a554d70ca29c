"""Stored bytes on their way out as a file; one piece of it is in memory at a time.

The pieces are rows of any app that refer to a `blob` and have a `number`, in the order of these.
"""

from collections.abc import AsyncIterator
from typing import Any, TypeVar

from django.db.models import Manager
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.common.errors import NotFound
from apps.common.rendering import OCTETS
from apps.files import services as files
from apps.files.models import Blob
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query

R = TypeVar("R", bound=HttpResponseBase)


def as_attachment(answer: R, name: str = "") -> R:
    """Have an answer saved and not shown, and kept by nobody in between."""
    answer["Content-Disposition"] = f'attachment; filename="{name}"' if name else "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


def whole(pieces: Manager[Any], *, name: str, media_type: str) -> StreamingHttpResponse:
    """Return the answer that hands out all pieces, one after the other."""
    blobs = [piece.blob for piece in pieces.select_related("blob")]
    answer = StreamingHttpResponse(_loaded(blobs, current_scope()), content_type=media_type)
    answer["Content-Length"] = str(sum(blob.size for blob in blobs))
    return as_attachment(answer, name)


def piece(pieces: Manager[Any], number: int) -> HttpResponse:
    """Return the answer that hands out one piece, of which 1 is the first. Raises NotFound."""
    found = pieces.select_related("blob").filter(number=number).first()
    if found is None:
        raise NotFound
    return as_attachment(HttpResponse(files.load(found.blob), content_type=OCTETS))


async def _loaded(blobs: list[Blob], scope: Scope) -> AsyncIterator[bytes]:
    for blob in blobs:
        with entered(scope):  # the request's own is over by now
            data = await query(files.load, blob)
        yield data
