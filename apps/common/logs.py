"""One line a record, with the request it belongs to and never a value that was logged as secret."""

import logging

from apps.common.redaction import redacted
from apps.common.requests import request_info


class LineFormatter(logging.Formatter):
    """`time level logger message [request id]`; a traceback follows on its own lines."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s %(message)s")
        self.default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        request_id = request_info.get().id
        line = redacted(super().format(record))
        return f"{line} [{request_id}]" if request_id else line
