"""No row of the ledger is lost and none is there twice: kill -9, and a database that is away."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.client import HTTPException
from pathlib import Path

import pytest
from pytest_django import Settings

from apps.accounts.models import User
from apps.gateway.ledger.journal import Journal
from apps.gateway.models import LlmCall
from apps.gateway.virtual_keys.services import create_key
from tests.factories.runs import until
from tests.fakeai.server import FakeProvider
from tests.faults.crowd import Crowd, crowd
from tests.gateway.calling import connect, lead
from tests.gateway.servers import Door, Server, database_port, rows_in, serving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def text(alice: User) -> str:
    return create_key(actor=alice, name="Bot")[1]


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Crowd]:
    with crowd(tmp_path, f"ledger-{tmp_path.name}") as found:
        yield found


@pytest.fixture
def door() -> Iterator[Door]:
    found = Door(database_port())
    yield found
    found.close()


def asked(server: Server, text: str, answered: list[str], stop: threading.Event) -> None:
    """Ask until the server is gone; remember the calls whose answers came."""
    while not stop.is_set():
        try:
            status, headers = server.ask(text)
        except (OSError, HTTPException):
            return
        assert status == 200
        answered.append(headers["x-request-id"])


def has_grown(answered: list[str], to: int) -> bool:
    return len(answered) >= to


def written() -> list[str]:
    return list(LlmCall.objects.values_list("request_id", flat=True))


def test_kill_9_amid_calls_loses_no_answered_call(text: str, tmp_path: Path) -> None:
    answered: list[str] = []
    for _ in range(2):
        with serving(tmp_path) as server:
            stop, before = threading.Event(), len(answered)
            callers = [
                threading.Thread(target=asked, args=(server, text, answered, stop))
                for _ in range(4)
            ]
            for caller in callers:
                caller.start()
            until(partial(has_grown, answered, before + 20))
            server.kill()
            stop.set()
            for caller in callers:
                caller.join(30)
    with serving(tmp_path):  # which finds what the dead left, without being called
        until(lambda: rows_in(tmp_path) == 0)
    rows = written()
    assert set(answered) <= set(rows)
    assert len(rows) == len(set(rows))
    # A call whose answer was on its way when its process died may have its row too.
    assert len(rows) - len(answered) <= 2 * 4


def test_rows_wait_while_the_database_is_away(text: str, tmp_path: Path, door: Door) -> None:
    with serving(tmp_path, DATABASE_PORT=str(door.port)) as server:
        first = server.ask(text)[1]["x-request-id"]
        until(lambda: rows_in(tmp_path) == 0)
        door.shut()
        # The key, the models and the workspace are known: nobody can change them either.
        answered = [server.ask(text)[1]["x-request-id"] for _ in range(5)]
        assert rows_in(tmp_path) == 5
        assert written() == [first]
        door.reopen()
        until(lambda: rows_in(tmp_path) == 0)
        assert sorted(written()) == sorted([first, *answered])
        door.shut()
        last = server.ask(text)[1]["x-request-id"]
        server.kill()
    door.reopen()
    with serving(tmp_path):
        until(lambda: rows_in(tmp_path) == 0)
    assert sorted(written()) == sorted([first, *answered, last])


def test_a_row_inserted_twice_is_there_once(text: str, tmp_path: Path) -> None:
    """A process may die between the commit and the removal of its file."""
    folder = tmp_path / "ledger"
    with serving(tmp_path) as server:
        server.ask(text)
        until(lambda: LlmCall.objects.exists())
    row = LlmCall.objects.values().get()
    schema = "t_alpha"
    line = json.dumps(row, default=str)
    (folder / "left.rows").write_text(f"{schema}\t{line}\n{schema}\t{line[:40]}")
    with serving(tmp_path):
        until(lambda: rows_in(tmp_path) == 0)
        until(lambda: not list(folder.glob("*.rows")))
    assert LlmCall.objects.count() == 1


def test_a_row_that_is_none_does_not_hold_up_the_others(text: str, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with serving(tmp_path) as server:
        server.ask(text)
        until(lambda: LlmCall.objects.exists())
    row = LlmCall.objects.values().get()
    LlmCall.objects.all().delete()
    good = json.dumps(row, default=str)
    bad = json.dumps({**row, "id": "no id"}, default=str)
    other = json.dumps({**row, "latency_ms": "x" * 9}, default=str)
    lines = [f"t_alpha\t{each}\n" for each in (bad, good, other)] + [f"t_gone\t{good}\n"]
    (folder / "left.rows").write_text("".join(lines))
    with serving(tmp_path):
        until(lambda: not list(folder.glob("*.rows")))
    assert [str(each.pk) for each in LlmCall.objects.all()] == [str(row["id"])]


def test_who_leaves_a_stream_ends_it_upstream_and_is_written_down(
    alice: User, text: str, fake: FakeProvider, tmp_path: Path
) -> None:
    lead(alice, "stalls", provider=connect(fake, alice))
    with serving(tmp_path, egress=fake.origin) as server:
        connection = server.begin(text, "default")
        assert not LlmCall.objects.exists()
        connection.close()
        assert fake.left.wait(10)
        until(lambda: LlmCall.objects.exists())
    row = LlmCall.objects.get()
    assert (row.status, row.error_code, row.output_tokens) == ("cancelled", "", 2)
    assert row.tokens_estimated


def test_workers_write_what_others_left(
    text: str, tmp_path: Path, workers: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path) as server:
        server.ask(text)
        until(lambda: LlmCall.objects.exists())
    row = json.dumps(LlmCall.objects.values().get(), default=str)
    LlmCall.objects.all().delete()
    (tmp_path / "ledger" / "left.rows").write_text(f"t_alpha\t{row}\n")
    monkeypatch.setenv("AUTERITY_DATA", str(tmp_path))
    workers.start()
    until(lambda: LlmCall.objects.exists())
    until(lambda: not list((tmp_path / "ledger").glob("*.rows")))


def test_whose_rows_are_written_is_told_so_while_others_left_some(
    tmp_path: Path, settings: Settings
) -> None:
    settings.DATA_DIR = tmp_path
    (tmp_path / "ledger").mkdir()
    for number in range(100):  # reading them takes longer than asking below
        (tmp_path / "ledger" / f"left{number}.rows").write_text("t_gone\t{}\n")
    journal = Journal()
    journal.append("t_gone", {})
    assert journal.written().result(30)
    assert list((tmp_path / "ledger").glob("*.rows")) == []
