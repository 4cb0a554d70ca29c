"""Updates of several clients make the same document in whatever order they come."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map, Text

from apps.workflows import document
from apps.workflows.wire import check_state_vector, check_update

Edit = tuple[str, str]


def editor() -> Any:
    doc: Any = Doc()
    for part in document.PARTS:
        doc.get(part, type=Map)
    return doc


def edit(doc: Any, source: random.Random) -> None:
    """Change something, as people do: steps, fields, letters, places."""
    nodes, texts, layout = (document.part_of(doc, name) for name in ("nodes", "text", "layout"))
    key = source.choice("abc")
    match source.randrange(6):
        case 0:
            nodes[key] = Map({"type": "x", "c:a": [1, {"q": "é😀"}]})
        case 1 if key in nodes:
            del nodes[key]
        case 2 if key in nodes:
            nodes[key]["title"] = source.choice(["x", "😀y"])
        case 3 if key in texts:
            letters = str(texts[key])
            place = source.randint(0, len(letters))
            at = len(letters[:place].encode())
            if place < len(letters) and source.random() < 0.4:
                del texts[key][at : at + len(letters[place].encode())]
            else:
                texts[key].insert(at, source.choice(["a", "bb😀", "é"]))
        case 4:
            layout[key] = [source.randint(0, 9), 2]
        case _:
            texts[key] = Text("häl😀lo")


def history(source: random.Random) -> tuple[list[Any], list[bytes]]:
    """Let three edit, and read each other's changes now and then."""
    docs, updates = [editor() for _ in range(3)], []
    for _ in range(source.randint(5, 50)):
        doc, other = source.choice(docs), source.choice(docs)
        if source.random() < 0.2:
            doc.apply_update(other.get_update(doc.get_state()))
        before = doc.get_state()
        edit(doc, source)
        updates.append(doc.get_update(before))
    return docs, updates


@settings(max_examples=150)
@given(st.integers(0, 2**32))
def test_merging_is_right_in_any_order(seed: int) -> None:
    source = random.Random(seed)
    docs, updates = history(source)
    whole = document.load([doc.get_update() for doc in docs])
    source.shuffle(updates)
    for data in updates:
        check_update(data)
    found = document.load(updates)
    assert {name: document.part_of(found, name).to_py() for name in document.PARTS} == {
        name: document.part_of(whole, name).to_py() for name in document.PARTS
    }
    assert check_state_vector(found.get_state()) == check_state_vector(whole.get_state())
    assert document.is_complete(found, check_update(document.merged(updates)))


def test_a_document_that_waits_for_something_is_not_complete() -> None:
    doc, updates = editor(), []
    for place in range(3):
        before = doc.get_state()
        document.part_of(doc, "layout")[f"n{place}"] = [place, 0]
        updates.append(doc.get_update(before))
    late = [updates[0], updates[2]]
    assert not document.is_complete(document.load(late), check_update(document.merged(late)))
    assert document.is_complete(
        document.load(updates), check_update(document.merged([*late, updates[1]]))
    )
