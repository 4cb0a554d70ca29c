"""Taking a call of a webhook: find it, decide whether it may, and start the run that it asks for.

Everything here is one hop from the loop. When `receive` returns, the run is committed; when it
raises, there is none.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.classification.veil import column
from apps.common import records
from apps.common.errors import Conflict, DomainError, Forbidden, NotFound, TooLarge
from apps.common.types import JSON, JSONDict
from apps.runs.models import Run
from apps.runs.state import withholding
from apps.tenants.context import current_tenant
from apps.tenants.hosts import is_served
from apps.triggers import deliveries, limits
from apps.triggers.calls import Call, kept
from apps.triggers.configs import AnswerMode, WebhookConfig
from apps.triggers.deliveries import Outcome
from apps.triggers.exceptions import NotTheSender
from apps.triggers.limits import Seat
from apps.triggers.models import Delivery, Trigger
from apps.triggers.paths import trigger_at
from apps.triggers.signatures import is_authentic
from apps.vault import services as vault

SAME_FOR = timedelta(hours=24)  # how long a dedupe key stands for the same run
OTHER_REQUEST = "Another request with the same id. It was told that the id is known, and no more."
RESPOND = "core.respond"
ENDING = frozenset({AnswerMode.LAST, AnswerMode.RESPOND})
WAITING = ENDING | {AnswerMode.STREAM}


class WrongMethod(DomainError):
    """This webhook is not called with this method."""

    status: ClassVar[int] = 405
    code: ClassVar[str] = "method_not_allowed"


@dataclass(frozen=True)
class Accepted:
    """A run that a call started, or started before, and how the caller is answered."""

    run: Run
    config: WebhookConfig
    trigger_id: UUID
    duplicate: bool = False
    is_told: bool = True  # how the run went: not to whoever only knows the id of its event
    steps: frozenset[str] = frozenset()  # whose end may be the answer
    seat: Seat = field(default_factory=Seat)


def receive(call: Call) -> Accepted:
    """Start the run that a call asks for. Raises a domain error where there is none.

    What is unknown, switched off or cannot run is one and the same 404.
    """
    trigger = _find(call)
    try:
        _check(trigger, call)
        return _accepted(trigger, call)
    except DomainError as error:
        _note(trigger, call, error)
        if isinstance(error, Conflict | Forbidden | NotFound):
            raise NotFound from error
        raise


def still_open(trigger_id: UUID) -> bool:
    """Tell whether whoever follows a run of the webhook may go on."""
    found = Trigger.objects.filter(pk=trigger_id, workflow__deleted_at=None)
    return is_served(current_tenant()) and found.exists()


def _find(call: Call) -> Trigger:
    if not call.path.isprintable():  # the database refuses to look for some of that
        raise NotFound
    found = trigger_at(call.path)
    if found is None or not _listens(found, call):
        raise NotFound
    return found


def _listens(trigger: Trigger, call: Call) -> bool:
    if call.is_test:
        return trigger.test_until is not None and trigger.test_until > timezone.now()
    return trigger.enabled


def _check(trigger: Trigger, call: Call) -> None:
    config = trigger.webhook
    if call.method not in config.methods:
        raise WrongMethod(headers={"Allow": ", ".join(config.methods)})
    if len(call.body) > config.max_body_kib << 10:
        raise TooLarge
    if not is_authentic(config.auth, _secret(trigger), call, config.dedupe_header):
        raise NotTheSender
    limits.check_rate(trigger.pk, config.rate_per_minute)


def _secret(trigger: Trigger) -> str:
    if not trigger.secret or not trigger.webhook.auth.needs_secret:
        return ""
    return vault.unseal(trigger.secret, context=trigger.secret_context)


def _accepted(trigger: Trigger, call: Call) -> Accepted:
    config = trigger.webhook
    payload = call.payload(config)
    waits = config.answer in WAITING
    seat = limits.take_seat(trigger.pk, config.max_waiting) if waits else Seat()
    try:
        run, delivery = _start(trigger, call, payload)
        duplicate = delivery.outcome == Outcome.DUPLICATE
        is_told = not duplicate or _may_be_told(delivery)
        steps = _responding(run) if config.answer == AnswerMode.RESPOND else frozenset()
    except BaseException:
        seat.leave()
        raise
    return Accepted(run, config, trigger.pk, duplicate, is_told, steps, seat)


def _start(trigger: Trigger, call: Call, payload: JSONDict) -> tuple[Run, Delivery]:
    """Start the run and write the delivery down, both or neither."""
    key = "" if call.is_test else _dedupe_key(trigger, call, payload)
    delivery = Delivery(trigger=trigger, payload=payload, is_test=call.is_test)
    if key:
        _forget(key)
        delivery.digest = _digest(trigger, call, payload)
    run = deliveries.begin(
        delivery,
        actor=trigger.test_by if call.is_test else trigger.run_as,
        version="draft" if call.is_test else None,
        dedupe_key=key,
        is_awaited=trigger.webhook.answer in ENDING,
        alongside=partial(_write_down, delivery, call.body),
    )
    return run, delivery


def _write_down(delivery: Delivery, body: bytes, run: Run, is_new: bool) -> None:
    delivery.outcome = Outcome.STARTED if is_new else Outcome.DUPLICATE
    delivery.run = run
    if not is_new and not _may_be_told(delivery):
        delivery.reason = OTHER_REQUEST
    delivery.payload, delivery.is_whole = _without_withheld(delivery, body)
    records.write(records.new(delivery))
    deliveries.tidy_sometimes(delivery)


def _may_be_told(repeat: Delivery) -> bool:
    """Tell whether a repeat is answered what its first call is: with a secret, or the same bytes.

    Ids of events are known to many. Who sends the very bytes learns what a call of their own tells.
    """
    if not repeat.trigger.webhook.is_open:
        return True
    if repeat.run is None or not repeat.digest:
        return False
    first = repeat.run.deliveries.filter(outcome=Outcome.STARTED)
    return first.filter(digest=repeat.digest).exists()


def _digest(trigger: Trigger, call: Call, payload: JSONDict) -> str:
    """Return what two calls without authentication share if all that a run is given is the same.

    It is keyed: nobody finds what was sent by guessing.
    """
    if not trigger.webhook.is_open:
        return ""
    body = hashlib.sha256(call.body).hexdigest()
    sent = [call.method, call.query, call.media_type, payload["headers"], body]
    said = json.dumps([str(trigger.pk), *sent])
    return salted_hmac("triggers.delivery", said, algorithm="sha256").hexdigest()


def _without_withheld(delivery: Delivery, body: bytes) -> tuple[JSONDict, bool]:
    """Return what is kept of a payload; where something is withheld, it cannot be sent again."""
    run = delivery.run
    if run is not None and run.veil_id is not None and not withholding.is_withholding():
        return {"method": delivery.payload.get("method")}, False  # a repeat of an earlier call
    payload, is_whole = kept(delivery.payload, body)
    shown = column(payload)
    return shown, is_whole and shown == payload


def _dedupe_key(trigger: Trigger, call: Call, payload: JSONDict) -> str:
    config = trigger.webhook
    if config.dedupe_header:
        if not config.trusts_header:  # set before that was refused: each call counts
            return ""
        value: JSON = call.headers.get(config.dedupe_header)
    elif config.dedupe_pointer:
        value = at_pointer(payload["body"], config.dedupe_pointer)
    else:
        return ""
    if value is None or isinstance(value, dict | list):
        return ""
    text = f"{type(value).__name__}:{value}"
    if _marks(trigger):  # what is withheld must not be found by guessing
        digest = salted_hmac(
            "triggers.dedupe", f"{trigger.pk}:{text}", algorithm="sha256"
        ).hexdigest()
    else:
        digest = hashlib.sha256(text.encode()).hexdigest()
    return f"hook:{trigger.pk}:{digest}"


def _marks(trigger: Trigger) -> bool:
    """Tell whether the workflow withholds anything; then a refused call is not kept either."""
    version = trigger.workflow.published_version
    return version is not None and bool(withholding.marks_of(version))


def at_pointer(value: JSON, pointer: str) -> JSON:
    """Return what a JSON Pointer leads to; None where there is nothing."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isascii() and name.isdigit() and len(name) < 7:
            value = value[int(name)] if int(name) < len(value) else None
        else:
            return None
    return value


def _forget(key: str) -> None:
    """Let a key that was used long enough ago start a run again."""
    old = Run.objects.filter(dedupe_key=key, created_at__lt=timezone.now() - SAME_FOR)
    old.update(dedupe_key="")


def _responding(run: Run) -> frozenset[str]:
    nodes: list[Any] = run.version.definition["nodes"]
    return frozenset(node["id"] for node in nodes if node["type"] == RESPOND)


def _note(trigger: Trigger, call: Call, error: DomainError) -> None:
    """Write a refused call down for whoever looks for it; strangers' bodies are not kept."""
    deliveries.pause_if_barred(trigger, error)
    if not limits.may_note_refusal(trigger.pk):
        return
    stranger = isinstance(error, NotTheSender)
    payload, is_whole = ({"method": call.method}, False) if stranger else _kept(trigger, call)
    row = Delivery.objects.create(
        trigger=trigger,
        outcome=Outcome.REFUSED,
        reason=deliveries.reason_of(error)[:300],
        payload=payload,
        is_whole=is_whole,
        is_test=call.is_test,
    )
    deliveries.tidy_sometimes(row)


def _kept(trigger: Trigger, call: Call) -> tuple[JSONDict, bool]:
    if _marks(trigger):
        return {"method": call.method}, False
    try:
        return kept(call.payload(trigger.webhook), call.body)
    except DomainError:  # it was refused for its body
        return {"method": call.method}, False
