"""What a process leaves that is ended without a word while tenant code runs: nothing."""

import os
import subprocess
import sys
from pathlib import Path

from apps.local.processes import wait_until
from tests.factories.product import ROOT, command_of

# It says which workers it has, and waits with their sessions open.
OWNER = """
import sys
from apps.sandbox import pool
with pool.expression_session("t_one") as one, pool.code_session(pool.CODE_LIMITS) as two:
    one.feed_run("1"), two.feed_run("2")
    print(one.worker_pid, two.worker_pid, flush=True)
    sys.stdin.read()
"""


def test_a_killed_owner_leaves_neither_files_nor_workers(tmp_path: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER], cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with owner:
        assert owner.stdout is not None
        workers = [int(word) for word in owner.stdout.readline().split()]
        assert all("monty" in command_of(worker) for worker in workers)
        assert len(workers) == 2
        owner.kill()
    assert wait_until(lambda: not any(map(command_of, workers)), seconds=30)
    assert list(tmp_path.iterdir()) == []


def test_the_launcher_cannot_be_rewritten() -> None:
    code = (
        "import os; from apps.sandbox.pool import _launcher; _launcher(os.getpid()).write_text('x')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert "PermissionError" in done.stderr
