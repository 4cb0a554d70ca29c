"""Words of which only some are known."""

import pytest

from apps.common.errors import Invalid
from apps.common.words import chosen, of_code, one_of

STATES = ("open", "closed")


def test_a_known_word_is_taken_and_another_names_those_that_are() -> None:
    assert one_of("state", "open", STATES) == "open"
    with pytest.raises(Invalid) as caught:
        one_of("state", "ajar", STATES)
    assert caught.value.first == "Use one of open, closed."
    assert caught.value.errors[0]["field"] == "state"


@pytest.mark.parametrize(
    ("params", "word"), [({}, ""), ({"state": " "}, ""), ({"state": "closed "}, "closed")]
)
def test_parameters_may_choose_nothing(params: dict[str, str], word: str) -> None:
    assert chosen("state", params, STATES) == word


def test_what_parameters_choose_is_known() -> None:
    with pytest.raises(Invalid):
        chosen("state", {"state": "ajar"}, STATES)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("http_failed", "HTTP failed"), ("http", "HTTP"), ("https_only", "Https only"),
        ("rate_limited", "Rate limited"), ("", ""),
    ],
)  # fmt: skip
def test_codes_are_read_as_words(code: str, words: str) -> None:
    assert of_code(code) == words
