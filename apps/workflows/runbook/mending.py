"""Takes out of a runbook what no editor of ours writes: other elements, attributes, formats.

What is merely left without sense by people who wrote at the same time stays: it is not shown, and
their editors put it right.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from apps.workflows.runbook import schema
from apps.workflows.runbook.tree import attributes_of, fragment_of

MOST_STRANGE = 1_000  # taken out one by one between what may stay
# The library deletes what lies in something by recursion; what is deeper is left where it is.
DEEPEST_REMOVED = 2_000

Repair = Callable[[], None]


def is_sound(doc: Doc[Any]) -> bool:
    """Tell whether there is nothing to mend."""
    with doc.transaction():
        return next(_faults(fragment_of(doc), "doc", 0), None) is None


def mend(doc: Doc[Any]) -> None:
    """Take out what does not belong here."""
    with doc.transaction():
        while repairs := list(_faults(fragment_of(doc), "doc", 0)):
            for repair in repairs:
                repair()


def _faults(parent: XmlFragment | XmlElement, element: str, depth: int) -> Iterator[Repair]:
    """Yield what puts each fault right, from the end on: no repair moves the place of the next."""
    children = list(parent.children)
    if len(children) < len(parent.children):  # the library shows nothing behind what is no element
        yield partial(_take_out_strange, parent)
    for place in reversed(range(len(children))):
        child = children[place]
        if isinstance(child, XmlElement) and _belongs(child, element, depth):
            yield from _wrong_attributes(child)
            yield from _faults(child, str(child.tag), depth + 1)
        elif isinstance(child, XmlText) and "text" in schema.CHILDREN.get(element, ()):
            yield from _wrong_formats(child)
        elif _depth_below(child) <= DEEPEST_REMOVED:
            yield partial(parent.children.__delitem__, place)


def _belongs(child: XmlElement, parent: str, depth: int) -> bool:
    if child.tag not in schema.ELEMENTS or depth >= schema.MAX_DEPTH:
        return False
    return child.tag in schema.CHILDREN.get(parent, ())


def _wrong_attributes(element: XmlElement) -> Iterator[Repair]:
    checks = schema.ATTRIBUTES.get(str(element.tag), {})
    for key, value in attributes_of(element).items():
        if key not in checks or not checks[key](value):
            yield partial(element.attributes.__delitem__, key)


def _wrong_formats(text: XmlText) -> Iterator[Repair]:
    wrong: set[str] = set()
    for letters, formats in text.diff():
        if not isinstance(letters, str):
            yield text.clear
            return
        wrong |= {name for name, value in (formats or {}).items() if not _is_mark(name, value)}
    if wrong:
        yield partial(text.format, 0, len(text), dict.fromkeys(wrong))


def _is_mark(name: str, attributes: Any) -> bool:
    return attributes is None or schema.fits_mark(name, attributes)


def _take_out_strange(parent: XmlFragment | XmlElement) -> None:
    """Delete values and other types between the elements; a flood of them with what follows."""
    for _ in range(MOST_STRANGE):
        seen = len(list(parent.children))
        if seen == len(parent.children):
            return
        del parent.children[seen]
    del parent.children[len(list(parent.children)) : len(parent.children)]


def _depth_below(child: XmlElement | XmlFragment | XmlText) -> int:
    """Return how deep something is, as far as that matters."""
    layer: list[Any] = [child]
    for depth in range(DEEPEST_REMOVED + 2):
        layer = [each for element in layer for each in getattr(element, "children", ())]
        if not layer:
            return depth
    return DEEPEST_REMOVED + 1
