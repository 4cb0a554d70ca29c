"""Children of the supervisor."""

import time

import pytest

from apps.local.processes import Child

LINGERS = "echo begun; { sleep 0.4; echo from before; } & sleep 0.1"


def test_what_lingers_of_a_child_does_not_close_the_output_of_its_successor(
    capfd: pytest.CaptureFixture[str],
) -> None:
    child = Child("web", ["sh", "-c", LINGERS])
    child.start()
    assert child.process is not None
    child.process.wait(10)
    child.command = ["sh", "-c", "sleep 0.8; echo said at last"]
    child.start()
    child.process.wait(10)
    told, end = "", time.monotonic() + 10
    while "said at last" not in told:
        assert time.monotonic() < end, told
        told += capfd.readouterr().out
        time.sleep(0.02)
    assert "from before" in told
