"""XML from outside, made into a tree without anything in it that acts; and the names that SAML uses."""

from typing import TypeAlias

from lxml import etree

from apps.identity.saml.refusals import refuse

Element: TypeAlias = etree._Element  # noqa: SLF001 - what the documentation calls it
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
MD = "urn:oasis:names:tc:SAML:2.0:metadata"
DS = "http://www.w3.org/2000/09/xmldsig#"
NAMESPACES = {"samlp": SAMLP, "saml": SAML, "md": MD, "ds": DS}
MAX_DEPTH, MAX_NODES, CHUNK = 32, 5_000, 16 << 10
SMALLER = "Let the provider send fewer groups."


def name(prefixed: str) -> str:
    """Return `saml:Issuer` as lxml writes it."""
    prefix, _, local = prefixed.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def parsed(raw: bytes, *, most: int, what: str, comments: bool = False) -> Element:
    """Return the tree of a text that is small and defines nothing. Raises AssertionRefused.

    Comments are dropped where they are allowed at all.
    """
    if len(raw) > most:
        raise refuse("too_large", f"The {what} is larger than {most >> 10} KiB.", SMALLER)
    _check_text(raw, what)
    parser = etree.XMLPullParser(
        ("start", "end", "pi", "comment"), encoding="utf-8", resolve_entities=False,
        no_network=True, load_dtd=False, huge_tree=False, remove_comments=comments,
    )  # fmt: skip
    size = _Size(what)
    try:
        for start in range(0, len(raw), CHUNK):  # in parts, so that what is too deep costs little
            parser.feed(raw[start : start + CHUNK])
            size.count(parser)
        root: Element = parser.close()
    except etree.XMLSyntaxError as error:
        raise refuse("not_xml", f"The {what} is not well-formed XML.") from error
    size.count(parser)
    return root


def canonical(element: Element) -> bytes:
    """Return an element as its signature sees it: without comments, with what it inherits."""
    made: bytes = etree.tostring(element, method="c14n", exclusive=True, with_comments=False)
    return made


def text_of(element: Element | None) -> str:
    """Return the whole text of an element that holds nothing else; empty for none."""
    return "" if element is None else "".join(element.itertext()).strip()


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return str(etree.QName(element).localname)


def _check_text(raw: bytes, what: str) -> None:
    """Look for definitions before any parser does; UTF-8 only, so that none can be hidden."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise refuse("not_xml", f"The {what} is not written in UTF-8.") from error
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise refuse("document_type", f"The {what} defines entities or a document type.")


class _Size:
    """How deep a tree goes, and how many parts it has, while it is read."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._depth = self._nodes = 0

    def count(self, parser: etree.XMLPullParser) -> None:
        """Look at what came since. Raises AssertionRefused for what is never needed."""
        for event, _ in parser.read_events():
            if event in {"pi", "comment"}:
                raise refuse(
                    "aside", f"The {self._what} holds comments or processing instructions."
                )
            self._depth += 1 if event == "start" else -1
            self._nodes += event == "start"
            if self._depth > MAX_DEPTH or self._nodes > MAX_NODES:
                raise refuse(
                    "too_deep", f"The {self._what} is nested deeper, or has more parts, than any."
                )
