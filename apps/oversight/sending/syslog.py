"""Entries to a syslog collector: one RFC 5424 message each, counted in octets (RFC 6587, RFC 5425).

Plain syslog has no acknowledgement: a batch has arrived when the collector took the bytes and did
not break the connection off.
"""

import json

from django.conf import settings

from apps.common.types import JSONDict
from apps.egress import lines
from apps.oversight.sending.batches import Batch
from apps.oversight.sending.configs import SyslogConfig

LOG_AUDIT = 13  # the facility
NOTICE, WARNING = 5, 4
PATIENCE_S = 20.0


def send(config: SyslogConfig, secret: str, batch: Batch) -> None:
    """Send a batch over one connection. Raises EgressError."""
    data = b"".join(framed(entry) for entry in batch.entries)
    lines.send("syslog", config.host, config.port, data, tls=config.tls, timeout_s=PATIENCE_S)


def framed(entry: JSONDict) -> bytes:
    """Return an entry as a message with its length before it."""
    severity = NOTICE if entry["result"] == "ok" else WARNING
    head = f"<{LOG_AUDIT * 8 + severity}>1 {entry['at']} {settings.BASE_DOMAIN} auterity - {entry['action'][:32]} -"
    body = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
    message = f"{head} \N{ZERO WIDTH NO-BREAK SPACE}{body}".encode()
    return f"{len(message)} ".encode() + message
