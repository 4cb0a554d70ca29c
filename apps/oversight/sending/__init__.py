"""How entries are sent: one module for each kind of place, all with the same function."""

from collections.abc import Callable
from typing import Any

from apps.common.types import JSONDict
from apps.oversight.sending import s3, syslog, webhook
from apps.oversight.sending.batches import Batch
from apps.oversight.sending.configs import CONFIGS

SENDERS: dict[str, Callable[[Any, str, Batch], None]] = {
    "webhook": webhook.send,
    "syslog": syslog.send,
    "s3": s3.send,
}


def send(kind: str, config: JSONDict, secret: str, batch: Batch) -> None:
    """Send a batch; when this returns it has arrived. Raises NotDelivered, EgressError."""
    SENDERS[kind](CONFIGS[kind].model_validate(config), secret, batch)
