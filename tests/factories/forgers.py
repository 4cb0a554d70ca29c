"""Ways to forge a SAML response: each takes an honest provider and a question, and bends the answer.

`said` lets the right key sign something wrong; `bent` changes what was signed; `written` changes the
bytes; `resigned` signs in another way, or with another key.
"""

import base64
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import xmlsec
from lxml import etree

from tests.factories.asserter import NS, Asserter, Pair, Question, instant, posted, sign

Forge = Callable[[Asserter, Question], str]
_, SAMLP, DS = (f"{{{NS[prefix]}}}" for prefix in ("saml", "samlp", "ds"))
OWNER = "00u0owner"


def said(**fields: str) -> Forge:
    """Let the right key sign something that is wrong."""
    return lambda idp, question: posted(idp.response(question, **fields))


def said_at(**seconds: float) -> Forge:
    """Times that it says, in seconds from the moment at which it says them."""
    return lambda idp, asked: posted(
        idp.response(asked, **{field: instant(away) for field, away in seconds.items()})
    )


def said_to(**places: Callable[[Question], str]) -> Forge:
    """Let the right key sign something that is wrong in view of the question."""

    def forge(idp: Asserter, question: Question) -> str:
        return said(**{name: place(question) for name, place in places.items()})(idp, question)

    return forge


def before(change: Callable[[Any], None]) -> Forge:
    """Let the right key sign what was changed before."""

    def forge(idp: Asserter, question: Question) -> str:
        root = idp.unsigned(question)
        change(root)
        sign(root, root.find("saml:Assertion", NS), idp.pair)
        return posted(root)

    return forge


def bent(change: Callable[[Any], Any]) -> Forge:
    """Change what was signed, in place or by giving another document back."""

    def forge(idp: Asserter, question: Question) -> str:
        root = idp.response(question)
        changed = change(root)
        return posted(root if changed is None else changed)

    return forge


def written(change: Callable[[bytes], bytes]) -> Forge:
    """Change the bytes."""
    return lambda idp, question: posted(change(etree.tostring(idp.response(question))))


def resigned(target: str = "saml:Assertion", **how: Any) -> Forge:
    """Sign in another way than it should be done."""

    def forge(idp: Asserter, question: Question) -> str:
        root = idp.unsigned(question)
        element = root if target == "." else root.find(target, NS)
        options = {
            name: option(idp) if callable(option) else option for name, option in how.items()
        }
        sign(root, element, options.pop("pair", idp.pair), **options)
        return posted(root)

    return forge


def instead(path: str, attribute: str, value: str | None) -> Forge:
    """Change or remove an attribute of what was signed."""

    def change(root: Any) -> None:
        element = root if path == "." else root.find(path, NS)
        if value is None:
            del element.attrib[attribute]
        else:
            element.set(attribute, value)

    return bent(change)


def without(path: str) -> Callable[[Any], None]:
    """Return the change that removes an element."""

    def change(root: Any) -> None:
        element = root.find(path, NS)
        element.getparent().remove(element)

    return change


def doubled(path: str) -> Callable[[Any], None]:
    """Return the change that lets an element stand there twice."""

    def change(root: Any) -> None:
        element = root.find(path, NS)
        element.addnext(deepcopy(element))

    return change


def put(path: str, xml: str, *, at: int = 0) -> Callable[[Any], None]:
    """Return the change that puts an element into another."""

    def change(root: Any) -> None:
        spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NS.items())
        holder = etree.fromstring(f"<x {spaces}>{xml}</x>".encode())
        (root if path == "." else root.find(path, NS)).insert(at, holder[0])

    return change


def reading(path: str, text: str) -> Callable[[Any], None]:
    """Return the change that writes another text into an element."""

    def change(root: Any) -> None:
        root.find(path, NS).text = text

    return change


def evil(assertion: Any) -> Any:
    """Return the assertion as the attacker would like it: another person, no signature, another id."""
    made = deepcopy(assertion)
    made.set("ID", "_evil")
    made.find(".//saml:NameID", NS).text = OWNER
    for signature in made.findall("ds:Signature", NS):
        made.remove(signature)
    return made


def _parts(root: Any) -> tuple[Any, Any]:
    assertion = root.find("saml:Assertion", NS)
    return assertion, assertion.find("ds:Signature", NS)


def _whole_signed(idp: Asserter, question: Question) -> Any:
    root = idp.unsigned(question)
    sign(root, root, idp.pair)
    return etree.fromstring(etree.tostring(root))


def _bend(root: Any) -> None:
    root.set("ID", "_evil")
    root.find("saml:Assertion", NS).set("ID", "_other")
    root.find(".//saml:NameID", NS).text = OWNER


def xsw1(idp: Asserter, question: Question) -> str:
    """The signed response hides in the signature of a bent copy of itself."""
    root = _whole_signed(idp, question)
    original = deepcopy(root)
    signature = root.find("ds:Signature", NS)
    original.remove(original.find("ds:Signature", NS))
    _bend(root)
    signature.append(original)
    return posted(root)


def xsw2(idp: Asserter, question: Question) -> str:
    """The signed response stands beside its detached signature, in a bent one."""
    root = _whole_signed(idp, question)
    original = deepcopy(root)
    original.remove(original.find("ds:Signature", NS))
    _bend(root)
    root.find("ds:Signature", NS).addprevious(original)
    return posted(root)


def _split(root: Any) -> tuple[Any, Any]:
    """Bend the assertion that holds the signature; return that, and what was signed."""
    assertion, signature = _parts(root)
    original = deepcopy(assertion)
    original.remove(original.find("ds:Signature", NS))
    assertion.set("ID", "_evil")
    assertion.find(".//saml:NameID", NS).text = OWNER
    return signature, original


def xsw3(root: Any) -> None:
    """A bent assertion stands before the signed one."""
    assertion, _ = _parts(root)
    assertion.addprevious(evil(assertion))


def xsw4(root: Any) -> None:
    """The signed assertion lies within a bent one."""
    assertion, _ = _parts(root)
    wrapper = evil(assertion)
    root.replace(assertion, wrapper)
    wrapper.append(assertion)


def xsw5(root: Any) -> None:
    """The bent assertion keeps the signature; what was signed stands at the end."""
    _, original = _split(root)
    root.append(original)


def xsw6(root: Any) -> None:
    """The bent assertion keeps the signature, in which what was signed hides."""
    signature, original = _split(root)
    signature.append(original)


def xsw7(root: Any) -> None:
    """A bent assertion lies in the extensions, which hold anything."""
    assertion, _ = _parts(root)
    extensions = etree.Element(f"{SAMLP}Extensions")
    extensions.append(evil(assertion))
    root.insert(1, extensions)


def xsw8(root: Any) -> None:
    """What was signed hides in an object of the signature, whose assertion is bent."""
    signature, original = _split(root)
    etree.SubElement(signature, f"{DS}Object").append(original)


def same_id(root: Any) -> None:
    """The bent assertion has the id of the signed one, and comes first."""
    assertion, _ = _parts(root)
    copy = evil(assertion)
    copy.set("ID", assertion.get("ID"))
    assertion.addprevious(copy)


def foreign_assertion(root: Any) -> None:
    """A bent assertion comes first that claims another namespace."""
    assertion, _ = _parts(root)
    other = etree.Element("{urn:oasis:names:tc:SAML:1.0:assertion}Assertion", ID="_other")
    assertion.addprevious(other)


def in_status(root: Any) -> None:
    """A bent assertion lies in the status."""
    assertion, _ = _parts(root)
    detail = etree.SubElement(root.find("samlp:Status", NS), f"{SAMLP}StatusDetail")
    detail.append(evil(assertion))


def signature_moved(root: Any) -> None:
    """The signature lies in the subject."""
    assertion, signature = _parts(root)
    assertion.find("saml:Subject", NS).append(signature)


def transform(*algorithms: str, inner: str = "") -> Forge:
    """Ask for other transforms than those that belong there; nothing of it is ever carried out."""

    def change(root: Any) -> None:
        transforms = root.find(".//ds:Transforms", NS)
        for each in list(transforms):
            transforms.remove(each)
        for algorithm in algorithms:
            made = etree.SubElement(transforms, f"{DS}Transform", Algorithm=algorithm)
            if inner:
                made.append(etree.fromstring(inner.encode()))

    return bent(change)


def commented(root: Any) -> None:
    """A comment divides the name: some read its beginning alone."""
    found = root.find(".//saml:NameID", NS)
    found.text = "00u0owner"
    comment = etree.Comment("x")
    comment.tail = ".evil.example"
    found.append(comment)


def nested(depth: int) -> Callable[[bytes], bytes]:
    """Return the change that nests values."""
    return lambda raw: raw.replace(
        b"Priya Raman", b"<a>" * depth + b"Priya Raman" + b"</a>" * depth, 1
    )


def defining(subset: bytes, use: bytes = b"Priya Raman") -> Callable[[bytes], bytes]:
    """Return the change that defines entities and uses them."""
    return lambda raw: b"<!DOCTYPE r [" + subset + b"]>" + raw.replace(b"Priya Raman", use, 1)


def laughs() -> bytes:
    """Return definitions that would be a thousand million texts."""
    lines = [b'<!ENTITY a0 "ha">']
    lines += [f'<!ENTITY a{i} "{f"&a{i - 1};" * 10}">'.encode() for i in range(1, 10)]
    return b"".join(lines)


def hmac_key(idp: Asserter) -> Any:
    """Return the provider's public certificate as if it were a shared secret."""
    return xmlsec.Key.from_binary_data(xmlsec.constants.KeyDataHmac, idp.pair.pem.encode())


def mixed(stranger: Pair) -> Forge:
    """Sign with a stranger's key and show the provider's certificate beside."""

    def forge(idp: Asserter, question: Question) -> str:
        root = idp.unsigned(question)
        sign(root, root.find("saml:Assertion", NS), stranger)
        root.find(".//ds:X509Certificate", NS).text = idp.pair.bare
        return posted(root)

    return forge


def response_too(idp: Asserter, question: Question) -> str:
    """Sign the response as well, with a stranger's key."""
    root = idp.response(question)
    sign(root, root, Pair())
    return posted(root)


def response_only(idp: Asserter, question: Question) -> str:
    """Sign the response and not the assertion."""
    return posted(_whole_signed(idp, question))


def late(name: str) -> Forge:
    """Let the right key sign a time that is over."""
    return said(**{name: instant(-120)})


def plain(document: bytes) -> Forge:
    """Send something else altogether."""
    return lambda idp, question: base64.b64encode(document).decode()
