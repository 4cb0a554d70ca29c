"""What is wrong with a definition, in words that name the step, the field and what to do."""

from dataclasses import asdict, dataclass

from apps.common.types import JSONDict


@dataclass(frozen=True)
class Problem:
    """One thing to correct; `node` and `field` are empty where it is about the whole."""

    code: str
    message: str
    fix: str = ""
    node: str = ""
    field: str = ""
    severity: str = "error"

    def as_json(self) -> JSONDict:
        """Return the problem as data."""
        return asdict(self)
