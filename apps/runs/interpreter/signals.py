"""What a step that waits for a signal does with one: judge it, and take it once."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.classification.veil import current, resolved
from apps.common import schemas
from apps.common.types import JSON
from apps.runs.models import Run, Signal, Wait
from apps.tenants.context import current_schema

RECEIVED = "received"
SALT = "runs.signal"


def problem_of(payload: JSON, wait: Wait) -> str:
    """Return why a payload is not what the step expects; empty if it is."""
    schema = wait.terms.get("schema")
    return schemas.problem_of(payload, schema) if schema else ""


def stored_key(key: str) -> str:
    """Return a key as rows hold it: not in the clear where something in it is withheld."""
    veil = current()
    return key if veil is None or not veil.withholds(key) else digest_of(key)


def digest_of(key: str) -> str:
    """Return what stands for a key that is withheld; only we can make it."""
    text = f"{current_schema()}:{key}"
    return "withheld:" + salted_hmac(SALT, text, algorithm="sha256").hexdigest()


def hand_over(signal: Signal, wait: Wait) -> bool:
    """Give a signal to an open wait; False if something else has ended it."""
    now = timezone.now()
    taken = Wait.objects.filter(pk=wait.pk).open().update(
        status=Wait.Status.DECIDED, decision=RECEIVED, form=signal.payload,
        decided_by=signal.sent_by, decided_at=now, updated_at=now,
    )  # fmt: skip
    if taken:
        signal.run, signal.wait, signal.status = wait.run, wait, Signal.Status.TAKEN
        signal.save()
    return bool(taken)


def is_kept(run: Run, name: str, key: str) -> bool:
    """Tell whether a signal came before the step that waits for it."""
    return _kept(run, name, key) is not None


def take_kept(run: Run, waiting: Collection[tuple[str, str]]) -> None:
    """Give early signals to the steps that wait for them now; what does not fit is refused."""
    nodes = {node for _, node in waiting}
    for wait in Wait.objects.filter(run=run, node__in=nodes, kind=Wait.Kind.SIGNAL).open():
        with transaction.atomic():
            while (signal := _kept(run, wait.signal, wait.key, locked=True)) is not None:
                if not problem_of(resolved(signal.payload), wait):
                    hand_over(signal, wait)
                    break
                signal.status = Signal.Status.REFUSED
                signal.save(update_fields=["status", "updated_at"])


def _kept(run: Run, name: str, key: str, *, locked: bool = False) -> Signal | None:
    found = Signal.objects.filter(
        run=run, name=name, key=key, status=Signal.Status.KEPT, keep_until__gt=timezone.now()
    )
    found = found.select_for_update(of=("self",)) if locked else found
    return found.order_by("created_at", "id").first()
