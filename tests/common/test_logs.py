"""Lines of the log: whatever is logged, nobody writes a line of their own."""

import logging
import sys
from types import TracebackType

import pytest

from apps.common.logs import INDENT, LineFormatter

Failure = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
FORGED = "2026-01-01 00:00:00.000 INFO    apps.audit.chain all is well"


def line_of(message: str, *values: object, exc_info: Failure | None = None) -> str:
    record = logging.LogRecord("apps.x", logging.INFO, "x.py", 1, message, values, exc_info)
    return LineFormatter().format(record)


@pytest.mark.parametrize(
    "between", ["\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029", "\0"]
)
def test_a_value_ends_no_line(between: str) -> None:
    line = line_of("Not delivered to %s", f"nobody{between}{FORGED}")
    assert len(line.splitlines()) == 1
    assert FORGED in line


@pytest.mark.parametrize("trick", ["\x1b[2J", "\x9b2J", "\u202e", "\u2066", "\x08", "\x7f"])
def test_a_value_tricks_no_terminal(trick: str) -> None:
    assert trick not in line_of("by %s", trick)


def test_what_is_harmless_stays_as_it_is() -> None:
    assert line_of("Grüße, %s: 日本", "“x”").endswith("apps.x Grüße, “x”: 日本")


def test_a_traceback_is_marked() -> None:
    try:
        raise ValueError(f"bad\n{FORGED}\x1b[0m")
    except ValueError:
        line, *rest = line_of("Failed.", exc_info=sys.exc_info()).splitlines()
    assert line.endswith("apps.x Failed.")
    assert any(FORGED in each for each in rest)
    assert all(each.startswith(INDENT) for each in rest)
    assert "\x1b" not in "".join(rest)
