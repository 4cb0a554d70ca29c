"""Which budgets there are, as this process knows them: read again every two seconds."""

import time
from dataclasses import dataclass, field
from uuid import UUID

from apps.gateway.budgets import subjects
from apps.gateway.budgets.journal import units_of
from apps.gateway.budgets.purse import Line
from apps.gateway.budgets.subjects import Payer
from apps.gateway.models import Budget, MoneyRules
from apps.tenants.context import current_schema

FRESH_S = 2.0
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
    at: float
    paths: dict[UUID, str] = field(default_factory=dict)  # of the folders of workflows

    def knows(self, payer: Payer) -> bool:
        """Tell whether it can be said without a query which budgets bind a call."""
        by_folder = any(entry.scope == Scope.FOLDER for entry in self.entries)
        return payer.workflow_id is None or not by_folder or payer.workflow_id in self.paths

    def lines(self, payer: Payer) -> list[Line]:
        """Return the budgets that bind a call."""
        path = self.paths.get(payer.workflow_id, "") if payer.workflow_id else ""
        return [entry.line for entry in self.entries if entry.binds(payer, path)]


_books: dict[str, Book] = {}


def known() -> Book | None:
    """Return the book of the current workspace, if it is fresh."""
    book = _books.get(current_schema())
    return book if book is not None and time.monotonic() - book.at < FRESH_S else None


def read(payer: Payer) -> Book:
    """Return the book, read anew where it is not fresh, knowing what a call belongs to."""
    book = known() or _read()
    if not book.knows(payer) and payer.workflow_id is not None:
        book.paths[payer.workflow_id] = subjects.path_of(payer)
    return book


def forget() -> None:
    """Read the current workspace's book anew the next time: it was changed here."""
    _books.pop(current_schema(), None)


def rules() -> MoneyRules:
    """Return the rules of the workspace."""
    return MoneyRules.objects.first() or MoneyRules()


def _read() -> Book:
    at = time.monotonic()
    budgets = Budget.objects.select_related("folder").order_by("pk")
    book = Book(rules(), tuple(_entry(each) for each in budgets), at)
    _books[current_schema()] = book
    return book


def _entry(budget: Budget) -> Entry:
    path = budget.folder.path if budget.folder else ""
    line = Line(budget.pk, units_of(budget.amount_usd), budget.stops)
    return Entry(budget.scope, budget.subject, path, line)
