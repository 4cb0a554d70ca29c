"""What the tests of budgets share: a purse of their own, and budgets to spend from."""

from collections.abc import Iterator

import pytest

from apps.gateway import news
from apps.gateway.budgets import keeper, purse
from apps.gateway.budgets.tally import orphans


@pytest.fixture(autouse=True)
def _nothing_in_hand(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Begin and end with an empty purse; nothing is told but when the test says so."""
    monkeypatch.setattr(keeper, "go_on_beating", lambda: None)
    _empty()
    yield
    _empty()


def _empty() -> None:
    purse.mine().empty()
    news.forget()
    for path, _ in orphans():
        path.unlink()
