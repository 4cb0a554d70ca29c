"""What questions are about: which may share an answer, and which only sound the same."""

import pytest

from apps.gateway.cache.similar.subject import facts_of, subject_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("How do I reset my password?", "Could you please tell me how to reset my password?"),
        ("What's the capital of France?", "what is France's capital"),
        ("Is it possible to pay by card?", "Can I pay by card?"),
        ("Why is the sky blue?", "What is the reason that the sky is blue?"),
        ("When was Microsoft founded?", "Can you tell me when Microsoft was founded?"),
        ("How many km is 5 miles?", "How many kilometres is 5 miles?"),
        ("Wie ändere ich das?", "Auf welche Weise ändere ich das?"),
        ("Où est la gare de Lyon ?", "Savez-vous où est la gare de Lyon ?"),
    ],
)
def test_the_words_of_asking_may_differ(one: str, other: str) -> None:
    assert subject_of(one).fits(subject_of(other))
    assert subject_of(other).fits(subject_of(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Is this allowed?", "Isn't this allowed?"),
        ("Is this allowed?", "Is this forbidden?"),
        ("what is the capital of france", "what is the capital of spain"),
        ("What costs 5 kg?", "What costs 5 g?"),
        ("Is 50 Mb enough?", "Is 50 MB enough?"),
        ("What is 1,5 plus 2?", "What is 15 plus 2?"),
        ("What is C?", "What is C++?"),
        ('What does "a b" mean?', 'What does "a c" mean?'),
        ("Who leads the team?", "Who led the team?"),
        ("When did it end?", "Where did it end?"),
        ("Can I pay tax?", "Must I pay tax?"),
        ("Does Python have threads?", "What threads does Python have?"),
        ("Flights to Paris", "Flights from Paris"),
        ("Convert euros to yen", "Convert yen to euros"),
        ("Did Ann beat Bob?", "Did Bob beat Ann?"),
        ("Was ist 2+2?", "What is 2+2?"),
        ("Please help me", "Hello"),
        ("東京の天気は?", "大阪の天気は?"),
    ],
)
def test_the_words_of_the_subject_may_not(one: str, other: str) -> None:
    assert not subject_of(one).fits(subject_of(other))
    assert not subject_of(other).fits(subject_of(one))


@pytest.mark.parametrize("text", ["", "\x01x\x01 \x02how\x02", "“", "''''", "?!…", "a" * 2000])
def test_any_text_has_a_subject(text: str) -> None:
    assert subject_of(text) == subject_of(text)


def test_answers_are_compared_by_what_is_hard_in_them() -> None:
    assert facts_of("It takes 5 days.") == facts_of("That would be 5 days")
    assert facts_of("It takes 5 days.") != facts_of("It takes 6 days.")
    assert facts_of("You may.") != facts_of("You may not.")
    assert facts_of("You mayn't.") == facts_of("You may not.")
