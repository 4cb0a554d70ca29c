"""Which budgets there are, as this process remembers them: no call waits for a query of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.gateway.budgets import subjects
from apps.gateway.budgets.purse import Line
from apps.gateway.budgets.subjects import Payer
from apps.gateway.budgets.tally import units_of
from apps.gateway.memory import Memory
from apps.gateway.models import Budget, MoneyRules

# How late a change counts where nobody hears of it; a workflow's folder is said by nobody.
FRESH_S, GOOD_S = 2.0, 10.0
Scope = Budget.Scope


@dataclass(frozen=True)
class Entry:
    """A budget and what it is of."""

    scope: str
    subject: UUID | None
    path: str  # of the folder that it is of
    line: Line

    def binds(self, payer: Payer, path: str) -> bool:
        """Tell whether a call counts towards it; `path` is that of the folder of its workflow."""
        if self.scope == Scope.FOLDER:
            return bool(self.path) and path.startswith(self.path)
        of = {
            Scope.WORKFLOW: payer.workflow_id, Scope.KEY: payer.key_id,
            Scope.MEMBER: payer.member_id,
        }  # fmt: skip
        return self.scope == Scope.WORKSPACE or of[Scope(self.scope)] == self.subject


@dataclass(frozen=True)
class Book:
    """The budgets and rules of a workspace at a moment."""

    rules: MoneyRules
    entries: tuple[Entry, ...]

    @property
    def asks_where(self) -> bool:
        """Whether it matters in which folder a workflow lies."""
        return any(entry.scope == Scope.FOLDER for entry in self.entries)


async def known() -> Book:
    """Return the budgets of the workspace, as they were a moment ago."""
    found = await _books.get("")
    assert found is not None
    return found


async def lines_of(book: Book, payer: Payer) -> Iterable[Line]:
    """Return the budgets that bind a call."""
    path = ""
    if payer.workflow_id is not None and book.asks_where:
        path = await _paths.get(str(payer.workflow_id)) or ""
    return [entry.line for entry in book.entries if entry.binds(payer, path)]


def binding_each(budgets: Iterable[Budget], payers: Sequence[Payer]) -> list[list[Budget]]:
    """Return, for each payer, those of some budgets that count what it spends."""
    entries = [(_entry(each), each) for each in budgets]
    asked = any(entry.scope == Scope.FOLDER for entry, _ in entries)
    ids = {each.workflow_id for each in payers if each.workflow_id is not None}
    paths = subjects.paths_of(ids) if asked and ids else {}
    return [
        [budget for entry, budget in entries if entry.binds(payer, _path_in(paths, payer))]
        for payer in payers
    ]


def _path_in(paths: dict[UUID, str], payer: Payer) -> str:
    return paths.get(payer.workflow_id, "") if payer.workflow_id else ""


def rules() -> MoneyRules:
    """Return the rules of the workspace."""
    return MoneyRules.objects.first() or MoneyRules()


def _load(_: str) -> Book:
    budgets = Budget.objects.select_related("folder").order_by("pk")
    return Book(rules(), tuple(_entry(each) for each in budgets))


def _entry(budget: Budget) -> Entry:
    path = budget.folder.path if budget.folder else ""
    line = Line(budget.pk, units_of(budget.amount_usd), budget.stops)
    return Entry(budget.scope, budget.subject, path, line)


def _path(workflow_id: str) -> str:
    return subjects.paths_of([UUID(workflow_id)]).get(UUID(workflow_id), "")


_books: Memory[Book] = Memory(_load, fresh_s=FRESH_S, good_s=GOOD_S)
_paths: Memory[str] = Memory(_path, fresh_s=FRESH_S, good_s=GOOD_S)
