"""Editors of drafts for tests: what they change goes into the log as from a live room."""

from collections.abc import Callable
from typing import Any

from pycrdt import Text

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.workflows import document, drafts, services
from apps.workflows.drafts import Written
from apps.workflows.models import Workflow


class Editor:
    """Somebody with the document open; sees of others what was there at the last look."""

    def __init__(self, workflow: Workflow, user: User) -> None:
        self.workflow, self.user = workflow, user
        self.look()

    def look(self) -> None:
        """Take in what others wrote."""
        workflow = Workflow.objects.get(pk=self.workflow.pk)
        self.doc = document.load(drafts.updates_of(workflow))
        self._known = self.doc.get_state()

    def part(self, name: str) -> Any:
        return document.part_of(self.doc, name)

    def save(self) -> None:
        """Log what was changed since the last time."""
        data = self.doc.get_update(self._known)
        self._known = self.doc.get_state()
        drafts.extend(self.workflow.pk, [Written(data, self.user.pk)])

    def set(self, node: str, key: str, value: Any) -> None:
        """Set something of a step, and log it."""
        self.part("nodes")[node][key] = value
        self.save()

    def type(self, node: str, parameter: str, text: str) -> None:
        """Write at the end of a text, and log it."""
        key, texts = f"{node}/{parameter}", self.part("text")
        if key in texts:
            texts[key] += text
        else:
            texts[key] = Text(text)
        self.save()


def change(
    workflow: Workflow, actor: User, how: Callable[[JSONDict], object], **more: Any
) -> Workflow:
    """Change the draft's definition as a program does."""
    definition = services.definition_of(Workflow.objects.get(pk=workflow.pk)).as_json()
    how(definition)
    changes = {"definition": definition}
    return services.update_workflow(workflow, actor=actor, revision=None, changes=changes, **more)
