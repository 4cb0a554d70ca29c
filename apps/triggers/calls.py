"""A call of a webhook, as it came over the wire."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from apps.common.errors import Invalid
from apps.common.parsing import parse_json
from apps.common.types import JSON, JSONDict
from apps.triggers.configs import PRIVATE_HEADERS, WebhookConfig

KEPT_BODY = 64 << 10
MAX_QUERY = 100


@dataclass(frozen=True)
class Call:
    """One request: names of headers are in lower case, the body is untouched."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    is_test: bool = False

    @property
    def media_type(self) -> str:
        """What the body says it is."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def content(self) -> JSON:
        """Return the body: JSON and forms parsed, anything else as text. Raises BadJSON, Invalid."""
        if not self.body:
            return None
        if self.media_type == "application/json" or self.media_type.endswith("+json"):
            return parse_json(self.body)
        text = self._text()
        if self.media_type == "application/x-www-form-urlencoded":
            return _pairs(text)
        return text

    def payload(self, config: WebhookConfig) -> JSONDict:
        """Return what the start step is offered. Raises BadJSON, Invalid."""
        hidden = PRIVATE_HEADERS | {config.auth.header}
        return {
            "method": self.method,
            "headers": {
                name: self.headers[name]
                for name in config.headers
                if name in self.headers and name not in hidden
            },
            "query": _pairs(self.query),
            "body": self.content(),
        }

    def _text(self) -> str:
        try:
            text = self.body.decode()
        except UnicodeDecodeError:
            raise Invalid("The body is neither JSON nor text in UTF-8.") from None
        if "\x00" in text:
            raise Invalid("The body holds a NUL character, which cannot be stored.")
        return text


def kept(payload: JSONDict, body: bytes) -> tuple[JSONDict, bool]:
    """Return what of a payload is kept for later, and whether that is all of it."""
    if len(body) <= KEPT_BODY:
        return payload, True
    return {**payload, "body": None}, False


def _pairs(text: str) -> JSONDict:
    """Return names with their values; a name that comes again makes a list."""
    found: JSONDict = {}
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_QUERY, errors="strict")
    except ValueError:
        raise Invalid("The names and values cannot be read.") from None
    for name, value in pairs:
        if "\x00" in name + value:
            raise Invalid("A value holds a NUL character, which cannot be stored.")
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found
