"""From when on a kept answer is given: what comparisons teach of it, and of its route."""

import random

import pytest

from apps.gateway.cache.similar import learning
from apps.gateway.cache.similar.learning import MOST_SEEN, Learner, Seen

ACCEPTED = 0.005


def taught(
    answers: int, times: int, *, wrong: float = 0.0, apart: tuple[float, float] = (0.95, 1.0)
) -> Learner:
    """Return what so many comparisons of so many answers teach; a share of them shows a wrong answer."""
    learner, chance = Learner(), random.Random(7)
    for time in range(times):
        for answer in range(answers):
            right = chance.random() >= wrong
            seen = Seen(chance.uniform(*apart), right)
            learner.take_in(f"answer{answer}", f"asker{time}", seen)
    return learner


def test_nothing_is_accepted_at_first() -> None:
    assert not Learner().accepts("any", 1.0, 0.05)


def test_a_few_comparisons_are_not_enough() -> None:
    assert not taught(100, 2).accepts("answer1", 0.99, ACCEPTED)


def test_many_of_many_answers_are_enough_for_a_new_one() -> None:
    learner = taught(1_500, 1)
    assert learner.accepts("new", 0.98, ACCEPTED)
    assert (learner.compared, learner.wrong) == (1_500, 0)


def test_many_of_few_answers_say_little_of_a_new_one() -> None:
    learner = taught(50, 30)
    assert learner.accepts("answer1", 0.98, ACCEPTED)
    assert not learner.accepts("new", 0.98, ACCEPTED)


def test_the_bound_is_never_below_what_was_seen() -> None:
    for wrong in (0.01, 0.05, 0.3):
        learner = taught(1_000, 1, wrong=wrong)
        assert learner.bound("new", 0.97) > 0.8 * learner.wrong / learner.compared
        assert not learner.accepts("new", 0.97, ACCEPTED)


def test_nearer_is_never_worse() -> None:
    learner = taught(300, 3, wrong=0.01)
    bounds = [learner.bound("answer1", place / 100) for place in range(80, 101)]
    assert bounds == sorted(bounds, reverse=True)


def test_what_is_wrong_only_far_away_may_be_given_near() -> None:
    learner, chance = Learner(), random.Random(7)
    for place in range(800):
        near = chance.uniform(0.97, 1.0)
        learner.take_in(f"{place}", "near", Seen(near, right=True))
        learner.take_in(f"{place}", "far", Seen(chance.uniform(0.7, 0.8), right=place % 2 == 0))
    assert learner.bound("new", 0.98) < 0.02
    assert learner.bound("new", 0.78) > 0.25


def test_one_wrong_answer_closes_its_entry_up_to_there() -> None:
    learner = taught(200, 8)
    assert learner.accepts("answer1", 0.97, ACCEPTED)
    learner.take_in("answer1", "somebody", Seen(0.98, right=False))
    assert not learner.accepts("answer1", 0.98, 1.0)
    assert learner.bound("answer1", 0.99) > learner.bound("answer2", 0.99)


def test_the_same_question_counts_once() -> None:
    learner = Learner()
    for _ in range(50):
        learner.take_in("answer", "asker", Seen(0.99, right=True))
    assert learner.compared == 1


def test_what_is_known_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "MOST_ENTRIES", 100)
    learner, later = Learner(), Learner()
    for place in range(130):
        learner.take_in(f"{place}", "asker", Seen(0.99, right=True))
        if place >= 30:
            later.take_in(f"{place}", "asker", Seen(0.99, right=True))
    assert learner.bound("new", 0.98) == pytest.approx(later.bound("new", 0.98))
    for place in range(2 * MOST_SEEN):
        learner.take_in("much", f"{place}", Seen(0.99, right=True))
    assert learner.compared == 130 + MOST_SEEN
