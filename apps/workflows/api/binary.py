"""Binary bodies: updates of the document as they are."""

import base64
import binascii
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from apps.common.rendering import OCTETS
from apps.workflows.exceptions import BadUpdate


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


def state_vector(text: str | None) -> bytes | None:
    """Return the state vector of a `?sv=` in URL-safe Base64. Raises BadUpdate."""
    if not text:
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadUpdate("The state vector `sv` is not URL-safe Base64.") from error
