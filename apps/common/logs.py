"""One line a record, with the request it belongs to; nobody writes lines of their own into the log."""

import logging

from apps.common.redaction import redacted
from apps.common.requests import request_info

# What ends a line, moves a terminal's cursor or turns the order of reading, by its number.
UNSAFE = [*range(0x20), *range(0x7F, 0xA0), *range(0x2028, 0x202F), *range(0x2066, 0x206A)]
ESCAPED = {code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" for code in UNSAFE}
ESCAPED |= {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}
INDENT = "    | "  # no record begins like this


class LineFormatter(logging.Formatter):
    """`time level logger message [request id]`; a traceback follows on lines that are marked."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s")
        self.default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        request_id = request_info.get().id
        line, *rest = redacted(super().format(record)).split("\n")
        first = f"{line} [{request_id}]" if request_id else line
        return "\n".join([first, *(INDENT + each.translate(ESCAPED) for each in rest)])

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """Return what is one line, whatever the message holds."""
        return redacted(super().formatMessage(record)).translate(ESCAPED)
