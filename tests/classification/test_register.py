"""Finding withheld values in texts: in every form, cut off, and in amounts."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.classification.placeholders import PLACEHOLDER, forms_of, in_form
from apps.classification.veil import Veil

VALUE = 'Ada "M" O\'Brien <ada@example.test>'


def veil(*values: object) -> Veil:
    made = Veil(lambda _family, _names: (), lambda text: text[:8])
    for each in values:
        made.learn(each, "personal")
    return made


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        f"Dear {VALUE}, hello",
        quote(VALUE),
        quote(VALUE, safe=""),
        quote_plus(VALUE),
        html.escape(VALUE),
        json.dumps({"who": VALUE}),
        json.dumps({"who": VALUE}, ensure_ascii=False),
        VALUE.upper(),
        VALUE.lower(),
        base64.b64encode(VALUE.encode()).decode(),
        base64.b64encode(f"x{VALUE}".encode()).decode(),
        base64.b64encode(f"user:{VALUE}:pass".encode()).decode(),
        base64.urlsafe_b64encode(f"xy{VALUE}z".encode()).decode(),
    ],
)
def test_a_value_is_found_in_every_form_and_comes_back(text: str) -> None:
    made = veil(VALUE)
    masked = made.masked({"text": text, text: 1})
    assert "[personal:" in json.dumps(masked)
    assert not any(form in json.dumps(masked) for form in forms_of(VALUE))
    assert made.resolved(masked) == {"text": text, text: 1}


def test_what_is_masked_once_is_masked_for_good() -> None:
    made = veil("personal", VALUE)
    masked = made.masked(f"personal {VALUE}")
    assert made.masked(masked) == masked
    assert made.resolved(masked) == f"personal {VALUE}"


def test_numbers_and_truths_are_withheld_where_they_stand_alone() -> None:
    made = veil(True, 42, 1984)
    masked = made.masked([True, False, 42, "42", 1, 1984, "in 1984", "true"])
    assert made.resolved(masked) == [True, False, 42, "42", 1, 1984, "in 1984", "true"]
    shown = [each if not str(each).startswith("[") else "…" for each in masked]
    assert shown[:6] == ["…", False, "…", "42", 1, "…"]
    assert "1984" not in str(masked)


def test_a_cut_text_does_not_end_in_half_a_value() -> None:
    made = veil("ada.lovelace@example.test")
    for end in ("", "…", '."', "..."):
        assert "ada.l" not in made.text(f"Could not reach ada.lovela{end}")


def test_names_of_others_are_only_words() -> None:
    made, other = veil(VALUE), veil("something else")
    placeholder = other.masked("something else")
    assert made.masked(placeholder) == placeholder
    assert made.resolved(placeholder) == placeholder


@given(st.text(min_size=4, max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_around_comes_back(value: str, before: str, after: str) -> None:
    made = veil(value)
    text = f"{before}{value}{after}"
    masked = made.masked([text, {"k": value}])
    assert made.resolved(masked) == [text, {"k": value}]


def test_forms_are_made_again_letter_by_letter() -> None:
    for text, form in forms_of(VALUE).items():
        assert in_form(VALUE, form) == text


def test_many_values_are_found_like_few() -> None:
    made = veil(*(f"person-{place}@example.test" for place in range(500)))
    masked = made.masked({"said": "person-77@example.test met person-412@example.test"})
    assert len(PLACEHOLDER.findall(str(masked))) == 2
