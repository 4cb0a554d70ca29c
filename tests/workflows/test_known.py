"""What a log covers, against sets that say the same slowly."""

from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Text

from apps.workflows import document
from apps.workflows.known import Known, Spans
from apps.workflows.wire import Contents, check_state_vector, check_update, write_deletions

SPANS = st.tuples(st.integers(1, 3), st.integers(0, 30), st.integers(0, 12)).map(
    lambda parts: (parts[0], parts[1], parts[1] + parts[2])
)


def ticks(spans: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
    return {(client, tick) for client, start, end in spans for tick in range(start, end)}


@given(st.lists(SPANS, max_size=15), SPANS)
def test_spans_are_a_set_of_ticks(
    added: list[tuple[int, int, int]], asked: tuple[int, int, int]
) -> None:
    spans = Spans()
    for each in added:
        spans.add(each)
    inside = ticks(added)
    assert spans.has(asked) == (ticks([asked]) <= inside)
    for client, clock in spans.beginnings():
        assert {(client, tick) for tick in range(clock)} <= inside
        assert (client, clock) not in inside


def test_what_a_document_says_is_known_by_its_updates() -> None:
    doc, known, updates = document.load([]), Known(), []
    texts = document.part_of(doc, "text")
    texts["a/prompt"] = Text("häß😀")
    updates.append(doc.get_update())
    for letters in ("😀b", ""):
        before = doc.get_state()
        if letters:
            texts["a/prompt"].insert(0, letters)
        else:
            del texts["a/prompt"]
        updates.append(doc.get_update(before))
    for update in updates:
        contents = check_update(update)
        assert known.news_of(update, contents) is not None
        known.add(contents)
        assert known.news_of(update, contents) is None
    assert check_state_vector(known.vector) == check_state_vector(doc.get_state())
    assert known.news_of(doc.get_update(), check_update(doc.get_update())) is None


def test_of_deletions_only_news_are_kept() -> None:
    known = Known()
    known.add(check_update(write_deletions([(7, 1, 3)])))
    both = write_deletions([(7, 1, 3), (8, 0, 2)])
    news = known.news_of(both, check_update(both))
    assert news is not None
    assert news[0] == write_deletions([(8, 0, 2)])
    assert news[1] == check_update(news[0])


def test_a_gap_ends_what_is_acknowledged() -> None:
    known = Known()
    spans = [(1, 0, 3), (1, 5, 9), (2, 4, 6)]
    for span in spans:
        known.add(Contents(brought=[span]))
    assert check_state_vector(known.vector) == {1: 3}
