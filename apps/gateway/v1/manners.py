"""How each endpoint writes an error down: as its clients know it, whole or amid a stream."""

import json

from apps.common.types import JSONDict
from apps.gateway.v1.refusals import Refusal


class Manner:
    """OpenAI's: `{"error": {message, type, param, code}}`, in a stream as an event like the others."""

    def body(self, refusal: Refusal) -> bytes:
        """Return the whole answer."""
        return json.dumps({"error": self.error(refusal)}).encode()

    def cut(self, refusal: Refusal, said: int) -> bytes:
        """Return the event that ends a stream of which so many events were sent."""
        return b"data: " + self.body(refusal) + b"\n\n"

    def error(self, refusal: Refusal) -> JSONDict:
        """Return what the error is."""
        return {
            "message": refusal.message, "type": refusal.type,
            "param": refusal.param, "code": refusal.code,
        }  # fmt: skip


class ResponsesManner(Manner):
    """The same, but events have names and numbers; clients read it nested or flat."""

    def cut(self, refusal: Refusal, said: int) -> bytes:
        error = self.error(refusal)
        told = {**error, "type": "error", "sequence_number": said, "error": error}
        return b"event: error\ndata: " + json.dumps(told).encode() + b"\n\n"


OPENAI, RESPONSES = Manner(), ResponsesManner()
MANNERS = (OPENAI, RESPONSES)
BY_PATH = {"/v1/responses": RESPONSES}


def manner_of(path: str) -> Manner:
    """Return the manner of an endpoint."""
    return BY_PATH.get(path.rstrip("/"), OPENAI)
