"""The runbook of a workflow for whoever reads it outside of the studio."""

from dataclasses import dataclass

from django.urls import reverse

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.workflows import document, drafts
from apps.workflows.live_blocks import Block, Blocks, blocks_of
from apps.workflows.models import Workflow
from apps.workflows.runbook import tree
from apps.workflows.runbook.markdown import markdown
from apps.workflows.runbook.schema import NEEDED

GONE = {"node_block": "A step", "run_block": "A run", "approval_block": "An approval"}
PATHS = {"run_block": "/runs/{}/", "approval_block": "/approvals/{}/"}


@dataclass(frozen=True)
class Runbook:
    """A runbook and what its live blocks stand for."""

    workflow: Workflow
    tree: JSONDict
    blocks: Blocks

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not any(node["type"] in ("text", "image", *GONE) for node in tree.walk(self.tree))

    @property
    def markdown(self) -> str:
        """All of it as Markdown."""
        return markdown(self.tree, self._reference)

    def block_of(self, node: JSONDict) -> Block | None:
        """Return what a live block shows; None for what is gone or not for this reader."""
        return self.blocks.get((node["type"], node["attrs"][NEEDED[node["type"]]]))

    def image_url(self, image_id: str) -> str:
        """Return where the bytes of an image are."""
        return reverse("api:workflow-image", args=[self.workflow.pk, image_id])

    def _reference(self, node: JSONDict) -> tuple[str, str]:
        attributes = node["attrs"]
        if node["type"] == "image":
            return attributes["alt"], self.image_url(attributes["image"])
        block, key = self.block_of(node), attributes[NEEDED[node["type"]]]
        studio = f"/workflows/{self.workflow.pk}/?step={{}}"
        address = PATHS.get(node["type"], studio).format(key)
        return block.title if block else f"{GONE[node['type']]} that is not here", address


def runbook_of(workflow: Workflow, *, reader: User) -> Runbook:
    """Return a workflow's runbook, which the reader sees as the workflow itself."""
    found = document.read_runbook(drafts.load(workflow).doc)
    return Runbook(workflow, found, blocks_of(found, workflow, reader))
