"""For whom a run acts, asked again before each call outside: who left, or lost key or role, calls no more.

A published version is vouched for by who published it, whoever started the run: it goes on. A run of
a draft is its person's own act, as long as they may run the workflow, and one that a key asked for
goes on that key's account.
"""

from django.db.models import Q

from apps.accounts import policies
from apps.accounts.models import ApiKey, User
from apps.nodes.base import NodeError
from apps.runs.models import Run
from apps.tenants.database import query


async def check_vouched(run: Run) -> None:
    """Raise NodeError where the person or the key that the run acts for may act no more."""
    if run.key_id is None and (run.version.number is not None or run.started_by_id is None):
        return
    if await query(_is_over, run):
        raise NodeError(
            "nobody_vouches",
            "The person or the key that this run acts for may act no more.",
            hint="Somebody who may run the workflow can run it again from this step.",
        )


def _is_over(run: Run) -> bool:
    if run.key_id is not None:
        gone = Q(user__is_active=False) | ~Q(revoked_at=None)
        return bool(ApiKey.objects.filter(gone, pk=run.key_id).exists())
    person = User.objects.filter(pk=run.started_by_id).first()  # it stays: whoever left is inactive
    return person is not None and not policies.allows(person, "run", run.workflow)
