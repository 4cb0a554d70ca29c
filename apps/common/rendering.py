"""What endpoints send as it is, instead of as JSON."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import BaseRenderer

OCTETS = "application/octet-stream"


class AsItIs(BaseRenderer):
    """Lets whoever asks for a media type have what the view returns, unchanged."""

    charset: str | None = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return data


class Octets(AsItIs):
    """Bytes of no other kind."""

    media_type, format = OCTETS, "bin"
