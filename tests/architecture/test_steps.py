"""The steps of `make test` run in two rows and are told in one order."""

import sys

import pytest

from tests.run import Step, run_all, steps


def says(name: str, word: str, code: int = 0, *, beside: bool = False) -> Step:
    words = f"print('{word}', flush=True); raise SystemExit({code})"
    return Step(name, [sys.executable, "-c", words], beside=beside)


def test_results_are_in_the_order_in_which_steps_are_listed() -> None:
    listed = [says("a", "one"), says("b", "two", 1, beside=True), says("c", "three", 2)]
    results = run_all(listed)
    assert [step for step, _, _ in results] == listed
    assert [held for _, held, _ in results] == [True, False, False]


def test_what_is_said_beside_is_shown_in_one_piece(capfd: pytest.CaptureFixture[str]) -> None:
    run_all([says("a", "one"), says("b", "two", beside=True)])
    said = capfd.readouterr().out
    assert "one" in said
    assert "\n=== b, beside the others\ntwo\n\n=== end of b\n" in said


def test_what_the_tests_need_is_not_made_beside_them() -> None:
    listed = {step.name: step for step in steps(None)}
    assert not any(listed[name].beside for name in ("clients", "types", "tests"))
    assert listed["browser"].beside
