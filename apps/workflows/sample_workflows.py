"""The workflows that come with the product: one file each in `samples/`, in the export format."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings

from apps.accounts.models import User
from apps.common.types import JSON, JSONDict
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow, publish_workflow

FOLDER = Path(__file__).parent / "samples"
SITE = "sample-site:"  # stands for the address of the sample pages, which each machine chooses
FIRST = "support-ticket-triage"
# In the order in which a list sorted by the last change shows them from the bottom up.
NAMES = ("payment-reminders", "nightly-report", "web-page-summary", "lead-scoring", FIRST)


@dataclass(frozen=True)
class Sample:
    """A workflow ready to be made."""

    name: str
    description: str
    tags: list[str]
    definition: JSONDict


@cache
def sample(slug: str) -> Sample:
    """Return a sample by the name of its file, with the address of the sample pages filled in."""
    data = json.loads((FOLDER / f"{slug}.json").read_text())
    definition = _with_site(data["definition"])
    return Sample(data["name"], data["description"], data["tags"], definition)


def add_sample(slug: str, *, owner: User) -> Workflow:
    """Make the workflow of a sample in the current workspace and publish it."""
    chosen = sample(slug)
    workflow = create_workflow(
        actor=owner,
        name=chosen.name,
        description=chosen.description,
        tags=chosen.tags,
        definition=chosen.definition,
        created_via=Workflow.Via.TEMPLATE,
    )
    publish_workflow(workflow, actor=owner, notes="As it comes with the product")
    return workflow


def _with_site(value: JSON) -> JSON:
    if isinstance(value, str):
        return value.replace(SITE, settings.SAMPLE_SITE, 1) if value.startswith(SITE) else value
    if isinstance(value, dict):
        return {key: _with_site(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_with_site(child) for child in value]
    return value
