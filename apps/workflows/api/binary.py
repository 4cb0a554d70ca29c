"""Binary bodies: updates of the document as they are."""

import base64
import binascii
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer

from apps.workflows.exceptions import BadUpdate

OCTETS = "application/octet-stream"


class OctetParser(BaseParser):
    """Hands the body on as bytes."""

    media_type = OCTETS

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return stream.read()


class OctetRenderer(BaseRenderer):
    """Sends bytes as they are."""

    media_type = OCTETS
    format = "bin"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return data


def state_vector(text: str | None) -> bytes | None:
    """Return the state vector of a `?sv=` in URL-safe Base64. Raises BadUpdate."""
    if not text:
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadUpdate("The state vector `sv` is not URL-safe Base64.") from error
