"""Batches to a webhook: JSON, signed over the time and the raw bytes, through the egress client."""

import hashlib
import hmac
import json
import time

from apps.oversight.sending.batches import Batch
from apps.oversight.sending.configs import WebhookConfig
from apps.oversight.sending.http import put


def send(config: WebhookConfig, secret: str, batch: Batch) -> None:
    """Post a batch; any 2xx takes it. Raises NotDelivered, EgressError."""
    told = {"stream": batch.stream, "delivery": batch.name, "entries": batch.entries}
    body = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "Content-Type": "application/json",
        "Auterity-Delivery": f"{batch.stream}:{batch.name}",
        "Auterity-Signature": signature(secret, body, at=int(time.time())),
    }
    put("POST", config.url, headers, body)


def signature(secret: str, body: bytes, *, at: int) -> str:
    """Return the header by which a receiver knows that a body is ours, and how old it is."""
    signed = f"{at}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
