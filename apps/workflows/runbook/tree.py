"""The runbook as a tree of plain data, out of the document and into it.

The tree is ProseMirror's JSON. Only what the schema names is in it; what people who write at the
same time left without sense, and what somebody put there who is no editor of ours, is left out.
"""

from collections.abc import Callable, Iterator
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from apps.common.types import JSON, JSONDict
from apps.workflows.runbook import schema

ROOT = "doc"
EMPTY: JSONDict = {"type": "doc", "content": []}
Replace = Callable[[JSONDict], JSONDict | None]


def fragment_of(doc: Doc[Any]) -> XmlFragment:
    """Return the part of the document that holds the runbook."""
    fragment: XmlFragment = doc.get(ROOT, type=XmlFragment)
    return fragment


def read(doc: Doc[Any]) -> JSONDict:
    """Return the runbook."""
    with doc.transaction():
        return cleaned({"type": "doc", "content": _raw(fragment_of(doc), 0)})


def attributes_of(element: XmlElement) -> dict[str, Any]:
    """Return what an element says of itself, whatever that is."""
    view: Any = element.attributes  # the library's types forget that it is walked over
    return dict(view)


def write(doc: Doc[Any], tree: JSONDict) -> None:
    """Put a tree at the end of the runbook; of a new workflow that is all of it."""
    fragment = fragment_of(doc)
    for node in tree["content"]:
        _append(fragment, node)


def cleaned(tree: JSON) -> JSONDict:
    """Return what of a tree from outside fits the schema."""
    content = tree.get("content") if isinstance(tree, dict) else None
    return {"type": "doc", "content": _content(content, "doc", 0)}


def walk(node: JSONDict) -> Iterator[JSONDict]:
    """Yield a node and all that lies in it, in the order of reading."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += reversed(each.get("content", []))


def replaced(node: JSONDict, replace: Replace) -> JSONDict:
    """Return a tree with each node in it as the function has it; None leaves it out."""
    if "content" not in node:
        return node
    changed = [replace(child) for child in node["content"]]
    return node | {"content": [replaced(each, replace) for each in changed if each is not None]}


def text_of(node: JSONDict) -> str:
    """Return the letters in a node."""
    return "".join(each["text"] for each in walk(node) if each["type"] == "text")


def _raw(parent: XmlFragment | XmlElement, depth: int) -> list[JSONDict]:
    """Return all that lies in an element as it is, so far as anything is looked at."""
    found: list[JSONDict] = []
    for child in parent.children if depth <= schema.MAX_DEPTH else []:
        if isinstance(child, XmlText):
            for text, formats in child.diff():
                found.append({"type": "text", "text": text, "formats": formats})
        elif isinstance(child, XmlElement):
            attributes, content = attributes_of(child), _raw(child, depth + 1)
            found.append({"type": child.tag, "attrs": attributes, "content": content})
    return found


def _content(content: Any, element: str, depth: int) -> list[JSONDict]:
    found: list[JSONDict] = []
    for each in content if isinstance(content, list) else []:
        node = _node(each, element, depth) if isinstance(each, dict) else None
        if node is None:
            continue
        if node["type"] == "text" and found and _goes_on(found[-1], node):
            found[-1] = found[-1] | {"text": found[-1]["text"] + node["text"]}
        else:
            found.append(node)
    return found


def _goes_on(before: JSONDict, node: JSONDict) -> bool:
    return before["type"] == "text" and before.get("marks") == node.get("marks")


def _node(given: JSONDict, parent: str, depth: int) -> JSONDict | None:
    element = given.get("type")
    if not isinstance(element, str) or element not in schema.CHILDREN[parent]:
        return None
    if element == "text":
        return _text(given, parent)
    attributes = given.get("attrs")
    kept = schema.attributes_of(element, attributes if isinstance(attributes, dict) else {})
    if kept is None or depth >= schema.MAX_DEPTH:
        return None
    node: JSONDict = {"type": element} | ({"attrs": kept} if kept else {})
    if element not in schema.CHILDREN:
        return node
    content = _content(given.get("content"), element, depth + 1)
    if not content and element in schema.HOLDERS:
        return None
    return node | ({"content": content} if content else {})


def _text(given: JSONDict, parent: str) -> JSONDict | None:
    text = given.get("text")
    if not isinstance(text, str) or not text:
        return None
    formats = given["formats"] if "formats" in given else _formats(given.get("marks"))
    marks = [] if parent == "code_block" else schema.marks_of(formats)
    return {"type": "text", "text": text} | ({"marks": marks} if marks else {})


def _formats(marks: Any) -> JSONDict:
    """Return marks as the document has them, by name."""
    given = [each for each in marks if isinstance(each, dict)] if isinstance(marks, list) else []
    return {str(each.get("type")): each.get("attrs") or {} for each in given}


def _append(parent: XmlFragment | XmlElement, node: JSONDict) -> None:
    element = parent.children.append(XmlElement(node["type"]))
    for key, value in node.get("attrs", {}).items():
        element.attributes[key] = value
    texts: list[JSONDict] = []
    for child in [*node.get("content", []), None]:
        if child is not None and child["type"] == "text":
            texts.append(child)
            continue
        if texts:
            _append_text(element, texts)
            texts = []
        if child is not None:
            _append(element, child)


def _append_text(parent: XmlElement, pieces: list[JSONDict]) -> None:
    text = parent.children.append(XmlText("".join(piece["text"] for piece in pieces)))
    place = 0
    for piece in pieces:
        end = place + len(piece["text"].encode())  # the document's own unit
        marks = {mark["type"]: mark.get("attrs", {}) for mark in piece.get("marks", [])}
        if marks:
            text.format(place, end, marks)
        place = end
