"""Two hundred calls at a time while spenders are killed and Redis is emptied: never a cent too much."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from apps.accounts.models import User
from apps.gateway.news import CHANNEL
from apps.gateway.services import set_price
from apps.local.redis import Redis
from tests.fakeai.server import FakeProvider
from tests.faults.ownership import Servers
from tests.faults.sizes import size
from tests.gateway.budgets.spending import usd, workspace_budget
from tests.gateway.budgets.test_processes import KILLED, at_the_end, charged, spenders
from tests.gateway.calling import connect, lead

pytestmark = pytest.mark.django_db(transaction=True)
PROCESSES = 4  # with fifty calls at a time each
EMPTIED_EVERY_S = 0.25


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Servers]:
    """A Redis of the spenders alone: nobody else's is emptied."""
    server = Redis(tmp_path, durable=False)
    child = server.start()
    try:
        ours = Servers(tmp_path, os.environ["DATABASE_URL"], server.url)
        ours.mark_redis()
        yield ours
    finally:
        child.stop(5)


@contextmanager
def emptied_again_and_again(servers: Servers) -> Iterator[list[bool]]:
    """Empty Redis all the time, each time only if it is ours; say whether spenders used it then."""
    found: list[bool] = []
    enough = threading.Event()

    def empty() -> None:
        while not enough.wait(EMPTIED_EVERY_S):
            with servers.redis() as server:
                found.append(bool(server.pubsub_channels(f"{CHANNEL}:*")))
            servers.empty_redis()

    thread = threading.Thread(target=empty)
    thread.start()
    try:
        yield found
    finally:
        enough.set()
        thread.join(30)


@pytest.mark.parametrize("seed", range(size(1, 20)))
def test_no_kill_and_no_empty_redis_lets_anybody_overspend(
    alice: User, fake: FakeProvider, redis: Servers, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)
    lead(alice, "slow-20", provider=connect(fake, alice))
    set_price(actor=alice, provider="fake", model="*", input_usd=usd(3), output_usd=usd(15))
    budget = workspace_budget(alice, str(chance.randint(50, 120) / 100))
    monkeypatch.setenv("REDIS_URL", redis.redis_url)
    with (
        emptied_again_and_again(redis) as emptied,
        spenders("spend", PROCESSES, fake) as found,
    ):
        assert fake.came.wait(60)
        doomed = chance.sample(found.pids, chance.randint(1, PROCESSES - 1))
        for pid in doomed:
            threading.Event().wait(chance.uniform(0, 0.5))
            with suppress(ProcessLookupError):  # nothing was left to spend
                os.kill(pid, signal.SIGKILL)
        codes = dict(zip(found.pids, found.codes(), strict=True))
    assert any(emptied)
    assert all(code in ((0, KILLED) if pid in doomed else (0,)) for pid, code in codes.items())
    period = at_the_end(budget)
    assert charged(fake) <= period.spent_usd <= budget.amount_usd
