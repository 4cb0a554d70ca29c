"""Questions of runs that wait for somebody by name, put to somebody else."""

from collections.abc import Iterable

from django.db.models import Q

from apps.accounts.belongings import Actor, Belongings
from apps.accounts.models import User
from apps.audit.services import record
from apps.runs.approvals import asking
from apps.runs.models import Wait


class Approvals(Belongings[Wait]):
    """Decisions that are asked of them now, or later in a sequence."""

    name, label = "approvals", "Decisions that wait for them"
    about = "They are asked instead, at once; answers that were given stay."
    left = "Nobody else is asked until the question ends by itself."

    def of(self, user: User) -> Iterable[Wait]:
        named = Q(assignees__contains=[user.email]) | Q(terms__stages__contains=[[user.email]])
        named |= Q(terms__escalate_to__contains=[user.email])
        found = Wait.objects.open().approvals().filter(named)
        return found.select_related("run__workflow__folder").order_by("created_at")

    def hindrance(self, thing: Wait, heir: User, actor: Actor) -> str:
        folder = thing.run.workflow.folder
        may = "approval.decide" in heir.permissions_in(folder.path if folder else "")
        return "" if may else f"{heir} may not decide here."

    def give(self, thing: Wait, user: User, heir: User, actor: Actor) -> None:
        asking.ask_instead(thing, user, heir)
        told = {"heir": str(heir)}
        record("approval.handed_over", actor=actor, target=thing, before={"asked": user.email}, after=told)  # fmt: skip
