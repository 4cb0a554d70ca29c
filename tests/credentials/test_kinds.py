"""What the kinds take, send and show."""

import base64
from typing import Any

import pytest

from apps.credentials.exceptions import BadCredential
from apps.credentials.kinds import KINDS, described, kind_called
from tests.credentials.keeping import SECRET, VALUES

SENT: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "bearer": ({"Authorization": f"Bearer {SECRET}"}, {}),
    "basic": (
        {"Authorization": f"Basic {base64.b64encode(f'robot:{SECRET}'.encode()).decode()}"},
        {},
    ),
    "header": ({"X-Stock-Key": SECRET}, {}),
    "query": ({}, {"key": SECRET}),
    "headers": ({"X-Client-Id": "17", "X-Client-Secret": SECRET}, {}),
}
SHOWN = {
    "bearer": ({}, "abcd"), "basic": ({"username": "robot"}, ""),
    "header": ({"header": "X-Stock-Key"}, "abcd"), "query": ({"parameter": "key"}, "abcd"),
    "headers": ({"names": ["X-Client-Id", "X-Client-Secret"]}, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_sends_all_and_shows_what_is_no_secret(name: str) -> None:
    values = kind_called(name).of(VALUES[name])
    assert (values.headers(), values.params()) == SENT[name]
    assert (values.shown(), values.last4) == SHOWN[name]
    assert SECRET not in str(values.shown())
    assert set(values.headers().values()) | {SECRET} <= {*values.secrets(), "17"}
    assert kind_called(name).of({**values.shown(), **values.sealed()}) == values


def test_of_a_short_secret_not_even_its_end_is_shown() -> None:
    assert kind_called("bearer").of({"token": "short-one"}).last4 == ""


@pytest.mark.parametrize(
    ("kind", "values", "field"),
    [
        ("bearer", {}, "values.token"),
        ("bearer", {"token": ""}, "values.token"),
        ("bearer", {"token": "a\r\nX-Evil: 1"}, "values.token"),
        ("bearer", {"token": "a b"}, "values.token"),
        ("bearer", {"token": "x", "more": 1}, "values.more"),
        ("basic", {"username": "a:b", "password": "x"}, "values.username"),
        ("header", {"header": "Bad Name", "value": "x"}, "values.header"),
        ("header", {"header": "Host", "value": "x"}, "values"),
        ("header", {"header": "Proxy-Authorization", "value": "x"}, "values"),
        ("query", {"parameter": "a&b", "value": "x"}, "values.parameter"),
        ("headers", {"headers": {}}, "values.headers"),
        ("headers", {"headers": {"X-A": "1", "x-a": "2"}}, "values"),
        ("headers", {"headers": {"Content-Length": "1"}}, "values"),
        ("headers", {"headers": {f"X-{n}": "1" for n in range(21)}}, "values.headers"),
        ("headers", None, "values"),
    ],
)
def test_what_does_not_fit_is_blamed_on_its_field_and_never_repeated(
    kind: str, values: Any, field: str
) -> None:
    with pytest.raises(BadCredential) as refused:
        kind_called(kind).of(values)
    assert [entry["field"] for entry in refused.value.errors] == [field]
    assert "X-Evil" not in str(refused.value.errors)


def test_there_is_no_other_kind() -> None:
    with pytest.raises(BadCredential) as refused:
        kind_called("oauth")
    assert "bearer" in refused.value.errors[0]["message"]


def test_kinds_are_told_as_schemas_in_which_secrets_go_in_only() -> None:
    for kind in described():
        hidden = [each for each in kind["schema"]["properties"].values() if each.get("writeOnly")]
        assert len(hidden) == 1
        assert hidden[0]["format"] == "password"
