"""People who may decide, and runs that ask them."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.runs.models import Wait
from tests.factories.runs import carry
from tests.runs.scenes import Ask, asking, published, started


@pytest.fixture
def people(alice: User, bob: User, oscar: User) -> dict[str, User]:
    """Everybody here who may decide."""
    return {"alice": alice, "bob": bob, "oscar": oscar}


@pytest.fixture
def ask(people: dict[str, User]) -> Ask:
    """Return a function that carries a run to its question."""

    def begin(**config: Any) -> Wait:
        config = {"actions": DEFAULT_ACTIONS, **config}
        run = carry(started(published(people["bob"], asking(**config)), people["bob"]))
        assert run.status == "waiting", run.error
        return Wait.objects.get(run=run)

    return begin
