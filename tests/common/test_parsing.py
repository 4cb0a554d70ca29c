"""Strict JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.errors import DomainError
from apps.common.parsing import BadJSON, parse_json

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "line 1"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": Infinity}', "Infinity"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"\xff\xfe", "UTF-8"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b"[" * 100 + b"]" * 100, "deeper"),
        (b"[" * 100_000, "deeper"),
        (b"1" * 5000, "not valid JSON"),
        (b'{"a": [-1e400]}', "too large a number"),
    ],
)
def test_bad_bodies_say_what_is_wrong(body: bytes, says: str) -> None:
    with pytest.raises(BadJSON, match=says):
        parse_json(body)
    with pytest.raises(BadJSON, match=r"^The file "):
        parse_json(body, what="The file")


@given(value=json_values)
def test_good_json_passes_unchanged(value: object) -> None:
    import json

    assert parse_json(json.dumps(value).encode()) == value


@given(raw=st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_clear_error(raw: bytes) -> None:
    try:
        parse_json(raw)
    except DomainError as error:
        assert error.detail
