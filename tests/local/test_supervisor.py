"""`make run`, with real processes."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from apps.local.processes import wait_until
from tests.factories.product import ROOT, Product, command_of, descendants

pytestmark = pytest.mark.xdist_group("supervisor")
NOBODY = 65534


def test_a_cold_start_reaches_ready_and_says_how_to_go_on(product: Product) -> None:
    assert product.says("Auterity is ready after"), product.output
    assert product.says("health   postgres up, redis up, site up, web up, worker up")
    assert product.output.count("/accounts/link/") == 5
    assert all(line.split(maxsplit=1)[0] in KNOWN for line in product.lines if line.strip())
    assert product.get("/healthz/ready") == (
        200,
        '{"status": "ready", "failed": [], "warnings": []}',
    )


KNOWN = {"postgres", "redis", "setup", "site", "web", "worker", "auterity", "health"}


def test_what_it_serves(product: Product) -> None:
    assert product.says("Auterity is ready after")
    assert "<form" in product.get("/accounts/login/", "acme.localhost")[1]
    assert product.get("/", "www.localhost")[0] == 200
    site = product.services()["AUTERITY_SAMPLE_SITE"]
    assert site.endswith((product.data / "site.port").read_text())


def test_commands_find_the_running_services(product: Product) -> None:
    assert product.says("Auterity is ready after")
    command = ["create_api_key", "--tenant", "demo", "--role", "owner", "--name", "test"]
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=product._env, text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    assert done.stdout.split()[-1].startswith("aut_")


def test_a_second_one_on_the_same_folder_is_refused(product: Product) -> None:
    assert product.says("Auterity is ready after")
    second = Product(product.data).start()
    assert second.says("already runs on the data folder"), second.output
    assert second.process.wait(30) == 1
    assert "Traceback" not in second.output


def test_a_taken_port_is_named_with_the_next_one(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = Product(tmp_path, port=port).start()
        assert refused.says(f"Port {port} is taken."), refused.output
        assert f"PORT={port + 1} make run" in refused.output
        assert refused.process.wait(30) == 1


def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path if os.geteuid() == 0 else Path("/")
    if os.geteuid() == 0:
        os.chown(tmp_path, NOBODY, NOBODY)
    refused = Product(foreign).start()
    assert refused.says("belongs to another user"), refused.output
    assert refused.process.wait(30) == 1
    assert "Traceback" not in refused.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["uvicorn", "celery"])
def test_what_dies_is_started_again(product: Product, word: str) -> None:
    assert product.says("Auterity is ready after")
    before = product.children()[word]
    name = {"uvicorn": "web", "celery": "worker"}[word]
    os.kill(before, signal.SIGKILL)
    assert product.says(f"{name} ended; starting it again.")
    assert wait_until(lambda: product.children().get(word, before) != before, seconds=30)
    assert wait_until(lambda: _is_ready(product), seconds=60)


def test_one_role_beside_the_others(product: Product) -> None:
    assert product.says("Auterity is ready after")
    web = Product(product.data, "--only", "web").start()
    worker = Product(product.data, "--only", "worker").start()
    assert wait_until(lambda: _is_ready(web), seconds=60), web.output
    assert worker.says(" ready."), worker.output
    assert "celery" in command_of(worker.process.pid)  # no supervisor stands in between
    web.process.terminate()
    worker.process.terminate()
    assert web.process.wait(30) in {0, -signal.SIGTERM}
    assert worker.process.wait(30) in {0, -signal.SIGTERM}


def test_no_orphan_is_left_and_the_next_start_takes_seconds(folder: Path) -> None:
    product = Product(folder).start()
    assert product.says("Auterity is ready after"), product.output
    family = descendants(product.process.pid)
    site = (product.data / "site.port").read_text()
    product.process.kill()
    product.process.wait()
    assert wait_until(lambda: not any(command_of(pid) for pid in family), seconds=30)
    started = time.monotonic()
    again = Product(product.data).start()
    assert again.says("Auterity is ready after"), again.output
    assert time.monotonic() - started < 30  # 3 s on an idle machine
    assert "bringing the database up to date" not in again.output, again.output
    assert (again.data / "site.port").read_text() == site
    assert again.stop() == 0
    assert not (again.data / "services.json").exists()


def test_given_services_are_used_and_none_is_started(tmp_path: Path, database: str) -> None:
    given = Product(tmp_path, DATABASE_URL=database, REDIS_URL=os.environ["REDIS_URL"]).start()
    assert given.says("health   site up, web up, worker up"), given.output
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "redis").exists()
    assert given.stop() == 0


def _is_ready(product: Product) -> bool:
    try:
        return product.get("/healthz/ready")[0] == 200
    except OSError:
        return False
