"""Rounds go on until they are stopped."""

import threading

from apps.dispatch.rounds import Rounds


def test_a_round_follows_the_other_until_the_end() -> None:
    twice, gone = threading.Event(), list[int]()

    def go() -> None:
        gone.append(1)
        if len(gone) == 2:
            twice.set()

    rounds = Rounds("tests", go, pause_s=0.001)
    rounds.start()
    assert twice.wait(10)
    rounds.stop()
    rounds.join(10)
    assert not rounds.is_alive()
