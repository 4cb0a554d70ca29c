"""Which workflows use a credential: in what is published, and in drafts."""

from collections.abc import Collection
from uuid import UUID

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.credentials.uses import HIDDEN, Use
from apps.workflows import drafts
from apps.workflows.credentials import fields_of
from apps.workflows.models import Workflow
from apps.workflows.naming import naming


class CredentialUsers:
    """Tells of the workflows what uses credentials."""

    def uses_of(self, credential_id: UUID, actor: User) -> list[Use]:
        """Return the workflows, those in the bin among them, whose steps name a credential."""
        found = []
        for workflow in naming(str(credential_id)).select_related("published_version", "folder"):
            version = workflow.published_version
            published = version is not None and _names(version.definition, credential_id)
            if published or _names(drafts.load(workflow).data, credential_id):
                seen = policies.allows(actor, "view", workflow)
                name, pk = (workflow.name, workflow.pk) if seen else (HIDDEN, None)
                found.append(Use(name, pk, published))
        return sorted(found, key=lambda use: use.name.lower())

    def names_of(self, workflow_ids: Collection[UUID], actor: User) -> dict[UUID, str]:
        """Return the names of those that the actor may see."""
        seen = policies.visible(actor, Workflow.objects.filter(pk__in=workflow_ids))
        return dict(seen.values_list("pk", "name"))


def _names(definition: JSONDict, credential_id: UUID) -> bool:
    """Tell whether a step of the definition names it."""
    for node in definition.get("nodes", ()):
        fields = fields_of(str(node.get("type", "")))
        if any(node.get("config", {}).get(field) == str(credential_id) for field in fields):
            return True
    return False
