"""How each endpoint writes an error down: as its clients know it, whole or amid a stream."""

import json

from apps.common.requests import request_info
from apps.common.types import JSONDict
from apps.gateway.v1.refusals import Refusal
from apps.tenants.asgi import Headers


class Manner:
    """OpenAI's: `{"error": {message, type, param, code}}`, in a stream as an event like the others."""

    def body(self, refusal: Refusal) -> bytes:
        """Return the whole answer."""
        return json.dumps({"error": self.error(refusal)}).encode()

    def cut(self, refusal: Refusal, said: int) -> bytes:
        """Return the event that ends a stream of which so many events were sent."""
        return b"data: " + self.body(refusal) + b"\n\n"

    def headers(self) -> Headers:
        """Return what every answer says beside what all say."""
        return {}

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


class MessagesManner(Manner):
    """Anthropic's: `{"type": "error", "error": {type, message}, "request_id"}`."""

    def body(self, refusal: Refusal) -> bytes:
        return json.dumps(self._told(refusal)).encode()

    def cut(self, refusal: Refusal, said: int) -> bytes:
        return b"event: error\ndata: " + self.body(refusal) + b"\n\n"

    def headers(self) -> Headers:
        return {"request-id": request_info.get().id}

    def _told(self, refusal: Refusal) -> JSONDict:
        out_of_money = refusal.code == "insufficient_quota"
        kind = "billing_error" if out_of_money else ANTHROPICS.get(refusal.status)
        kind = kind or ("invalid_request_error" if refusal.status < SERVER_ERRORS else "api_error")
        error = {"type": kind, "message": refusal.message}
        return {"type": "error", "error": error, "request_id": request_info.get().id or None}


SERVER_ERRORS = 500
ANTHROPICS = {
    401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 503: "overloaded_error",
    504: "timeout_error",
}  # fmt: skip
OPENAI, RESPONSES, MESSAGES = Manner(), ResponsesManner(), MessagesManner()
MANNERS = (OPENAI, RESPONSES, MESSAGES)
BY_PATH = {
    "/v1/responses": RESPONSES,
    "/v1/messages": MESSAGES,
    "/v1/messages/count_tokens": MESSAGES,
}


def manner_of(path: str) -> Manner:
    """Return the manner of an endpoint."""
    return BY_PATH.get(path.rstrip("/"), OPENAI)
