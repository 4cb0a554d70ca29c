"""What is changed here counts in every other process within five seconds, told of it or not."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.accounts.services import (
    change_role,
    end_rotation,
    revoke_api_key,
    rotate_api_key,
    set_active,
)
from apps.gateway.virtual_keys.services import change_key, create_key
from tests.factories.runs import until
from tests.gateway.servers import Server, serving, without_redis

pytestmark = pytest.mark.django_db(transaction=True)
MOST_S = 5.0


@pytest.fixture(params=["told", "not told"])
def server(
    request: pytest.FixtureRequest, tmp_path: Path, transactional_db: None
) -> Iterator[Server]:
    """Another process, which hears of changes, or for which all messages of Redis are lost."""
    env = {} if request.param == "told" else without_redis()
    with serving(tmp_path, **env) as found:
        yield found


def refused_in_time(ask: Callable[[], int], since: float, status: int) -> None:
    """Wait for a refusal; whatever was answered before it began within five seconds."""
    last = 0.0

    def refused() -> bool:
        nonlocal last
        begun = time.monotonic()
        found = ask()
        if found == 200:
            last = begun
        return found == status

    until(refused)
    assert last - since < MOST_S


def test_keys_end_change_and_turn_everywhere(alice: User, bob: User, server: Server) -> None:
    key, text = create_key(actor=alice, name="Bot")
    other, others = create_key(actor=bob, name="Bot")
    assert [server.status(each) for each in (text, others)] == [200, 200]

    changed_at = time.monotonic()
    change_key(key, actor=alice, changes={"routes": ["large"]})
    refused_in_time(lambda: server.status(text), changed_at, 404)
    assert server.status(text, "large") == 200

    newer = rotate_api_key(key, actor=alice, overlap=timedelta(hours=1))
    assert [server.status(each, "large") for each in (text, newer)] == [200, 200]
    ended_at = time.monotonic()
    end_rotation(key, actor=alice)
    refused_in_time(lambda: server.status(text, "large"), ended_at, 401)
    assert server.status(newer, "large") == 200

    revoked_at = time.monotonic()
    revoke_api_key(key, actor=alice)
    refused_in_time(lambda: server.status(newer, "large"), revoked_at, 401)

    demoted_at = time.monotonic()
    change_role(bob, role="viewer", actor=alice)
    refused_in_time(lambda: server.status(others), demoted_at, 403)
    change_role(bob, role="builder", actor=alice)
    until(lambda: server.status(others) == 200)
    suspended_at = time.monotonic()
    set_active(bob, active=False, actor=alice)
    refused_in_time(lambda: server.status(others), suspended_at, 401)
    assert other.state == "active"  # it is its person who may not act


def test_limits_that_are_set_count_everywhere(alice: User, server: Server) -> None:
    key, text = create_key(actor=alice, name="Bot")
    assert server.status(text) == 200
    change_key(key, actor=alice, changes={"rpm": 1})
    until(lambda: server.status(text) == 429)
    change_key(key, actor=alice, changes={"rpm": None})
    until(lambda: server.status(text) == 200)
