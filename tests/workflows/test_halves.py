"""Halved emoji and misplaced things: what real editors and hostile ones write, kept readable."""

from typing import Any

from pycrdt import Doc, Map, Text

from apps.workflows import document
from apps.workflows.known import orphans_of
from apps.workflows.wire import check_update, number, write_deletions


def text_of(client: int, letters: str) -> bytes:
    """Return the update by which a client makes a text under `text`, with these letters."""
    encoded = letters.encode()
    root = b"\x27\x01\x04text\x03a/p\x02"  # a text, at the key `a/p` of the root `text`
    string = b"\x04\x00" + number(client) + b"\x00" + number(len(encoded)) + encoded
    return b"\x01\x02" + number(client) + b"\x00" + root + string + b"\x00"


def test_a_halved_letter_is_noticed() -> None:
    whole = text_of(5, "a😀b")  # the text itself, a, two halves, b
    assert len(check_update(whole).brought) == 1
    assert check_update(whole).brought == [(5, 0, 5)]
    assert not check_update(whole, closely=True).halves_letters
    inside = document.merged([whole, write_deletions([(5, 3, 4)])])
    assert check_update(inside, closely=True).halves_letters
    beside = document.merged([whole, write_deletions([(5, 2, 4)])])
    assert not check_update(beside, closely=True).halves_letters


def test_something_put_between_the_halves_is_noticed() -> None:
    between = b"\x01\x01\x06\x00" + b"\x84\x05\x02\x01x" + b"\x00"  # behind the first half
    whole = document.merged([text_of(5, "a😀b"), between])
    assert check_update(whole, closely=True).halves_letters


def test_what_lies_in_a_letter_is_dropped() -> None:
    doc: Any = Doc()
    doc.get("nodes", type=Map)["n"] = Map({"type": "x"})
    misplaced = b"\x01\x01\x06\x00" + b"\x24\x00\x05\x01\x01k\x01x" + b"\x00"  # in the letter a
    whole = document.merged([text_of(5, "ab"), misplaced, doc.get_update()])
    assert orphans_of(check_update(whole, closely=True)) == {(6, 0)}
    found = document.load([whole])
    assert document.part_of(found, "nodes").to_py() == {"n": {"type": "x"}}
    assert str(document.part_of(found, "text")["a/p"]) == "ab"


def test_what_lies_in_a_text_is_no_orphan() -> None:
    doc = document.load([])
    document.part_of(doc, "text")["a/p"] = Text("abc")
    document.part_of(doc, "nodes")["n"] = Map({"type": "x", "c:a": [1]})
    del document.part_of(doc, "nodes")["n"]
    assert orphans_of(check_update(doc.get_update(), closely=True)) == set()
