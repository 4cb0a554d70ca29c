"""Workflows that somebody looks after, given to somebody else."""

from collections.abc import Iterable

from apps.accounts import policies
from apps.accounts.belongings import Actor, Belongings
from apps.accounts.models import User
from apps.audit.services import record
from apps.workflows.models import Workflow


class Workflows(Belongings[Workflow]):
    """What somebody made and is named for."""

    name, label = "workflows", "Workflows"
    about = "They are shown as the one who looks after them; versions keep their authors."
    left = "The workflows stay, under the name of who left."

    def of(self, user: User) -> Iterable[Workflow]:
        made = Workflow.objects.filter(created_by=user, deleted_at=None)
        return made.select_related("folder").defer("snapshot").order_by("name")

    def hindrance(self, thing: Workflow, heir: User, actor: Actor) -> str:
        return "" if policies.allows(heir, "edit", thing) else f"{heir} may not edit it."

    def give(self, thing: Workflow, user: User, heir: User, actor: Actor) -> None:
        Workflow.objects.filter(pk=thing.pk).update(created_by=heir)
        record("workflow.handed_over", actor=actor, target=thing, after={"heir": str(heir)})
