"""The runbook in the document: what may be in it, what strangers put there, and what it is no part of."""

import json
from typing import Any

import pytest
from pycrdt import Array, Doc, Map, Text, XmlElement, XmlFragment, XmlText

from apps.accounts.models import User
from apps.workflows import document, drafts, services
from apps.workflows.drafts import Written
from apps.workflows.exceptions import BadUpdate
from apps.workflows.models import Workflow
from apps.workflows.runbook import mending, schema, tree
from apps.workflows.settling import settle
from apps.workflows.wire import check_update
from tests.workflows.definitions import greeting

RUN = "00000000-0000-7000-8000-00000000abcd"


def paragraph(text: str = "", *marks: dict[str, Any]) -> dict[str, Any]:
    pieces = [{"type": "text", "text": text} | ({"marks": list(marks)} if marks else {})]
    return {"type": "paragraph"} | ({"content": pieces} if text else {})


def book(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "content": list(nodes)}


EVERYTHING = book(
    {"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "Häß 😀"}]},
    paragraph("Ask ", {"type": "strong"}, {"type": "link", "attrs": {"href": "https://x.example"}}),
    {"type": "check_list", "content": [
        {"type": "check_item", "attrs": {"checked": True}, "content": [paragraph("called")]}
    ]},
    {"type": "ordered_list", "attrs": {"order": 3}, "content": [
        {"type": "list_item", "content": [paragraph("three"), paragraph()]}
    ]},
    {"type": "table", "content": [{"type": "table_row", "content": [
        {"type": "table_header", "attrs": {"colspan": 2, "rowspan": 1}, "content": [paragraph("Who")]}
    ]}]},
    {"type": "code_block", "attrs": {"language": "sh"}, "content": [{"type": "text", "text": "ls\n"}]},
    {"type": "horizontal_rule"},
    {"type": "blockquote", "content": [paragraph("quiet")]},
    {"type": "image", "attrs": {"alt": "A plan", "image": RUN}},
    {"type": "node_block", "attrs": {"node": "greet"}},
    {"type": "run_block", "attrs": {"run": RUN}},
    {"type": "approval_block", "attrs": {"approval": RUN}},
)  # fmt: skip


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


class Stranger:
    """A program in a live room that is no editor of ours: what it writes is logged as bytes."""

    def __init__(self, workflow: Workflow, user: User) -> None:
        self.workflow, self.user = workflow, user
        self.doc = document.load(drafts.updates_of(workflow))
        self.fragment = tree.fragment_of(self.doc)

    def element(self, name: str, **attributes: Any) -> XmlElement:
        made = self.fragment.children.append(XmlElement(name))
        for key, value in attributes.items():
            made.attributes[key] = value
        return made

    def news(self) -> bytes:
        known = document.load(drafts.updates_of(self.workflow))
        return self.doc.get_update(known.get_state())

    def settled(self) -> dict[str, Any]:
        drafts.extend(self.workflow.pk, [Written(self.news(), self.user.pk)])
        settle(self.workflow.pk)
        self.workflow.refresh_from_db()
        assert self.workflow.derived_seq == self.workflow.draft_seq
        draft = drafts.load(self.workflow)
        assert mending.is_sound(draft.doc)
        return document.read_runbook(draft.doc)


@pytest.fixture
def stranger(workflow: Workflow, bob: User) -> Stranger:
    return Stranger(workflow, bob)


def test_a_runbook_comes_back_as_it_went_in() -> None:
    doc = document.load([])
    update = document.write_runbook(doc, EVERYTHING)
    check_update(update)
    again = document.load([update])
    assert document.read_runbook(again) == EVERYTHING
    assert mending.is_sound(again)
    assert tree.cleaned(json.loads(json.dumps(EVERYTHING))) == EVERYTHING


def test_it_is_no_part_of_the_definition(workflow: Workflow, bob: User) -> None:
    services.publish_workflow(workflow, actor=bob)
    workflow.refresh_from_db()
    before = (workflow.draft_sha256, services.definition_of(workflow))
    doc = document.load(drafts.updates_of(workflow))
    services.append_update(workflow, actor=bob, update=document.write_runbook(doc, EVERYTHING))
    workflow.refresh_from_db()
    assert (workflow.draft_sha256, services.definition_of(workflow)) == before
    assert not workflow.has_unpublished_changes
    assert document.read_runbook(drafts.load(workflow).doc) == EVERYTHING


def test_changing_the_definition_leaves_it_alone(workflow: Workflow, bob: User) -> None:
    doc = document.load(drafts.updates_of(workflow))
    services.append_update(workflow, actor=bob, update=document.write_runbook(doc, EVERYTHING))
    changed = greeting() | {"notes": [{"id": "memo", "text": "x"}]}
    services.update_workflow(workflow, actor=bob, revision=None, changes={"definition": changed})
    services.arrange_workflow(workflow, actor=bob)
    assert document.read_runbook(drafts.load(workflow).doc) == EVERYTHING


def test_what_is_no_runbook_is_refused_over_http(stranger: Stranger, bob: User) -> None:
    stranger.element("script").children.append(XmlText("alert(1)"))
    with pytest.raises(BadUpdate, match="runbook"):
        services.append_update(stranger.workflow, actor=bob, update=stranger.news())
    workflow = Workflow.objects.get(pk=stranger.workflow.pk)
    assert document.read_runbook(drafts.load(workflow).doc) == tree.EMPTY


def test_what_strangers_write_in_a_room_is_mended(stranger: Stranger) -> None:
    stranger.element("script").children.append(XmlText("alert(1)"))
    stranger.element("heading", level=99, onclick="alert(1)").children.append(XmlText("kept"))
    text = stranger.element("paragraph").children.append(XmlText("one two"))
    text.format(0, 3, {"link": {"href": "javascript:alert(1)"}, "strong": {}, "evil": {"a": 1}})
    text.format(4, 7, {"link": {"href": "https://x.example", "onclick": "x"}})
    stranger.element("image", image="../../etc/passwd", alt="x")
    stranger.element("run_block", run="'; drop table").attributes["style"] = "x"
    stranger.element("table").children.append(XmlText("loose letters"))
    found = stranger.settled()
    assert found == book(
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "kept"}]},
        {"type": "paragraph", "content": [
            {"type": "text", "text": "one", "marks": [{"type": "strong"}]},
            {"type": "text", "text": " two"},
        ]},
    )  # fmt: skip
    written = str(tree.fragment_of(drafts.load(stranger.workflow).doc))
    assert not any(word in written for word in ("script", "onclick", "evil", "passwd", "drop"))


def test_what_nests_too_deep_is_taken_out(stranger: Stranger) -> None:
    inner: Any = stranger.fragment
    for _ in range(1_500):
        inner = inner.children.append(XmlElement("blockquote"))
    inner.children.append(XmlElement("paragraph"))
    stranger.element("paragraph").children.append(XmlText("kept"))
    assert stranger.settled() == book(paragraph("kept"))


def test_what_cannot_be_taken_out_is_not_read(workflow: Workflow) -> None:
    doc = document.load([])
    inner: Any = tree.fragment_of(doc)
    with doc.transaction():
        for _ in range(20_000):
            inner = inner.children.append(XmlElement("blockquote"))
    whole = document.load([doc.get_update()])
    assert document.read_runbook(whole) == tree.EMPTY
    assert mending.is_sound(whole)


class Foreign:
    """Types and values of the document where an editor has elements; made as bytes, by Yjs' rules."""

    # client 7: an element, a value, a map and an element in the root `doc`
    NAMES = ("paragraph",)

    @staticmethod
    def update() -> bytes:
        root = b"\x01\x03doc"
        element = b"\x07" + root + b"\x03\x09paragraph"
        after = [b"\x88\x07\x00\x01\x7d\x05", b"\x87\x07\x01\x01", b"\x87\x07\x02\x03\x09paragraph"]
        return b"\x01\x04\x07\x00" + element + b"".join(after) + b"\x00"


def test_other_types_between_elements_are_taken_out(stranger: Stranger) -> None:
    doc = document.load([Foreign.update()])
    assert len(tree.fragment_of(doc).children) == 4
    assert document.read_runbook(doc) == book(paragraph())  # what is behind them is not seen
    mending.mend(doc)
    assert mending.is_sound(doc)
    assert document.read_runbook(doc) == book(paragraph(), paragraph())


def test_a_flood_of_other_things_is_cut_off() -> None:
    values = b"\x88\x07\x00" + b"\xd0\x0f" + b"\x7d\x05" * 2_000
    update = b"\x01\x02\x07\x00" + b"\x07\x01\x03doc\x03\x09paragraph" + values + b"\x00"
    check_update(update)
    doc = document.load([update])
    mending.mend(doc)
    assert document.read_runbook(doc) == book(paragraph())
    assert len(tree.fragment_of(doc).children) == 1


@pytest.mark.parametrize("part", document.PARTS)
def test_elements_in_other_parts_are_taken_out(stranger: Stranger, part: str) -> None:
    length = len(part)
    name = b"\x27\x01" + bytes([length]) + part.encode() + b"\x05greet\x03\x01p"
    foreign = b"\x01\x01\x07\x00" + name + b"\x00"
    document.examine(foreign)
    drafts.extend(stranger.workflow.pk, [Written(foreign, stranger.user.pk)])
    settle(stranger.workflow.pk)
    stranger.workflow.refresh_from_db()
    assert services.definition_of(stranger.workflow) is not None
    assert stranger.workflow.derived_seq == stranger.workflow.draft_seq


def test_formats_are_json_of_a_size() -> None:
    doc: Any = Doc()
    fragment = doc.get("doc", type=XmlFragment)
    text = fragment.children.append(XmlElement("paragraph")).children.append(XmlText("words"))
    text.format(0, 2, {"link": {"href": "x" * 3_000}})
    good = doc.get_update()
    check_update(good)
    text.format(2, 4, {"link": {"href": "x" * 5_000}})
    with pytest.raises(BadUpdate, match="4096"):
        check_update(doc.get_update())
    with pytest.raises(BadUpdate, match="no JSON"):
        check_update(good.replace(b'{"href":"xxx', b'{"href:"xxxx'))


def test_other_types_of_the_library_stay_out() -> None:
    update = b"\x01\x01\x07\x00\x07\x01\x03doc\x05\x04hook\x00"  # a hook, which no editor writes
    with pytest.raises(BadUpdate, match="type"):
        check_update(update)


def test_a_map_or_text_of_that_name_does_no_harm() -> None:
    for kind in (Map, Text, Array):
        doc: Any = Doc()
        part = doc.get("doc", type=kind)
        if isinstance(part, Map):
            part["level"] = 1
        else:
            part += "x" if isinstance(part, Text) else ["x"]
        whole = document.load([doc.get_update()])
        mending.mend(whole)
        assert document.read_runbook(whole) == tree.EMPTY


@pytest.mark.parametrize(
    ("element", "attributes"),
    [
        ("heading", {"level": True}),
        ("heading", {"level": 1.5}),
        ("check_item", {"checked": "yes"}),
        ("code_block", {"language": "x y"}),
        ("table_cell", {"colspan": 1_000_000}),
        ("ordered_list", {"order": -1}),
        ("image", {"image": RUN, "alt": "x" * 501}),
    ],
)
def test_a_wrong_attribute_is_as_if_it_was_not_there(
    element: str, attributes: dict[str, Any]
) -> None:
    needed = {key: value for key, value in attributes.items() if key == "image"}
    assert schema.attributes_of(element, attributes) == schema.attributes_of(element, needed)
