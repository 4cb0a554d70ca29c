"""How a workflow may begin: with a form, by a trigger, or as one that comes with the product."""

from dataclasses import asdict, dataclass, field

from apps.common.types import JSONDict
from apps.workflows.definition import parse
from apps.workflows.layout import arrange
from apps.workflows.models import Workflow
from apps.workflows.sample_workflows import NAMES, sample

FORM = "form"
UNNAMED = "Untitled workflow"


@dataclass(frozen=True)
class Start:
    """One way to begin; `trigger` is the kind of trigger that starts what comes of it."""

    slug: str
    name: str
    description: str
    definition: JSONDict
    trigger: str | None = None
    is_template: bool = False
    tags: list[str] = field(default_factory=list)

    @property
    def via(self) -> str:
        """How a workflow that began so was made."""
        return Workflow.Via.TEMPLATE if self.is_template else Workflow.Via.STUDIO

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.definition["nodes"])

    def as_json(self) -> JSONDict:
        """Return what programs and the studio get; each step has its place."""
        placed = arrange(parse(self.definition)).as_json()
        return {**asdict(self), "definition": placed, "steps": self.steps}


def _only_start(notes: str = "", **fields: str) -> JSONDict:
    offered = [{"name": name, "type": type_} for name, type_ in fields.items()]
    start = {
        "id": "start", "type": "core.start", "title": "Start", "notes": notes,
        "position": [0, 0], "config": {"fields": offered} if offered else {},
    }  # fmt: skip
    return {"schema": 1, "nodes": [start], "edges": [], "settings": {}}


def starts() -> dict[str, Start]:
    """Return all ways to begin by their slugs, the plainest first."""
    plain = [
        Start(FORM, "With a form", "People or programs fill in its fields.", _only_start()),
        Start(
            "schedule", "On a schedule", "At certain times, or every so often.",
            _only_start("Publish, then set the times under Triggers.", fire_at="text"),
            trigger="schedule",
        ),
        Start(
            "webhook", "By a webhook", "When another program calls an address.",
            _only_start("Publish, then make the address under Triggers.", body="json"),
            trigger="webhook",
        ),
    ]  # fmt: skip
    made = [(slug, sample(slug)) for slug in reversed(NAMES)]
    samples = [
        Start(slug, each.name, each.description, each.definition, is_template=True, tags=each.tags)
        for slug, each in made
    ]
    return {each.slug: each for each in [*plain, *samples]}
