"""How a workflow's runs went, for its list. Runs live above: whoever knows them registers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from apps.accounts.models import User


@dataclass(frozen=True)
class Activity:
    """The last runs of one workflow and the figures of seven days."""

    status: str
    at: datetime
    bars: list[tuple[float, str]]  # of the last 20 runs, as `sparkline` takes them
    runs: int = 0
    failed: int = 0
    cost_usd: Decimal = Decimal(0)

    @property
    def failed_percent(self) -> float | None:
        """The share that failed; None where nothing ran."""
        return 100 * self.failed / self.runs if self.runs else None

    @property
    def done_percent(self) -> float | None:
        """The share that did not fail; None where nothing ran."""
        return None if self.failed_percent is None else 100 - self.failed_percent

    @property
    def cost_of_run(self) -> Decimal | None:
        """The average cost; None where nothing ran."""
        return self.cost_usd / self.runs if self.runs else None


Source: TypeAlias = Callable[[User, Sequence[UUID]], dict[UUID, Activity]]

_sources: list[Source] = []


def register_source(source: Source) -> None:
    """Let the list show what the source returns for a page of workflows; there is one."""
    if _sources:
        raise TypeError("The activity of workflows has a source already.")
    _sources.append(source)


def activity_of(user: User, workflow_ids: Sequence[UUID]) -> dict[UUID, Activity]:
    """Return what is known of the runs that the user may see, by workflow."""
    return _sources[0](user, workflow_ids) if _sources and workflow_ids else {}
