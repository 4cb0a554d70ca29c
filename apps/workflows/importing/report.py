"""What became of a file: for each step its type here, and what a person still has to do."""

from dataclasses import asdict, dataclass, field

from apps.common.types import JSONDict

PLACEHOLDER = "core.placeholder"


@dataclass
class Entry:
    """One step: where it is, what it was, what it is now."""

    node: str
    title: str
    original: str
    type: str
    remarks: list[str] = field(default_factory=list)


@dataclass
class Report:
    """All steps, and what is about the file as a whole."""

    source: str
    steps: list[Entry] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def placeholders(self) -> int:
        """How many steps have no counterpart here."""
        return sum(entry.type == PLACEHOLDER for entry in self.steps)

    def as_json(self) -> JSONDict:
        """Return the report as data."""
        mapped = len(self.steps) - self.placeholders
        return {**asdict(self), "mapped": mapped, "placeholders": self.placeholders}

    def as_text(self, most: int = 12) -> str:
        """Return the report as the Markdown of a note on the canvas."""
        steps, left = len(self.steps), self.placeholders
        lines = [f"**Imported from {self.source}**", ""]
        lines.append(f"{steps - left} of {steps} steps were taken over. Nothing has run.")
        if left:
            lines.append(f"{left} placeholders keep the place, name and original of the others.")
        told = [f"{each.title}: {remark}" for each in self.steps for remark in each.remarks]
        todo = [*self.remarks, *told]
        lines += ["", *(f"- {each}" for each in todo[:most])]
        if len(todo) > most:
            lines.append(f"- and {len(todo) - most} more, see Problems")
        return "\n".join(lines)[:10_000]
