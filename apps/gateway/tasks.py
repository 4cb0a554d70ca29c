"""The door through which a worker comes to what the gateway has to look at."""

from uuid import UUID

from celery import shared_task

from apps.gateway import asking_ahead
from apps.gateway.advisor import looking
from apps.gateway.platform import mail as staff_mail
from apps.gateway.prices import retiring
from apps.gateway.targets.granted import Trouble
from apps.tenants.context import PUBLIC
from apps.tenants.tasks import HEADER, Refused, TenantTask, named


@shared_task(base=TenantTask, name="gateway.look_at_retiring")
def look_at_retiring() -> None:
    """Tell of models that are going. Safe to deliver twice: each warning is told once."""
    retiring.look()


@shared_task(base=TenantTask, name="gateway.look_for_advice")
def look_for_advice() -> None:
    """Find what would be cheaper. Safe to deliver twice: it is found anew."""
    looking.look()


@shared_task(base=TenantTask, name="gateway.tell_staff", of_platform=True)
def tell_staff(provider_id: str, trouble: str = Trouble.REFUSED) -> None:
    """Mail platform staff what a provider of theirs needs; delivered twice, it is told twice."""
    if trouble not in set(Trouble):
        raise Refused("bad arguments")
    staff_mail.tell(named(provider_id), Trouble(trouble))


def call_tell_staff(provider_id: UUID, trouble: Trouble) -> None:
    """Send for a worker, in the platform's own scope."""
    tell_staff.apply_async([str(provider_id), trouble], headers={HEADER: PUBLIC}, retry=False)


@shared_task(base=TenantTask, name="gateway.ask_ahead")
def ask_ahead(workflow_id: str) -> None:
    """Ask what a schedule's run will ask. Safe to deliver twice: what is kept is not asked."""
    asking_ahead.ask_ahead(named(workflow_id))
