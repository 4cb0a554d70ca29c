"""Forged SAML responses: none is believed, each is refused for its own reason and for little."""

import resource
import time
from base64 import encodebytes
from datetime import timedelta
from typing import Any

import pytest
import xmlsec
from django.utils import timezone
from lxml import etree

from apps.identity.exceptions import SignInRefused
from apps.identity.models import Connection
from apps.identity.saml import flow, gate
from apps.identity.saml.checks import Expected
from apps.identity.saml.signatures import ENVELOPED, EXCLUSIVE
from tests.factories.asserter import (
    Asserter,
    Pair,
    Question,
    instant,
    ours,
    posted,
    settings_of,
    sign,
)
from tests.factories.forgers import (
    Forge,
    before,
    bent,
    commented,
    defining,
    doubled,
    foreign_assertion,
    hmac_key,
    in_status,
    instead,
    late,
    laughs,
    mixed,
    nested,
    plain,
    put,
    reading,
    resigned,
    response_only,
    response_too,
    said,
    said_at,
    said_to,
    same_id,
    signature_moved,
    transform,
    without,
    written,
    xsw1,
    xsw2,
    xsw3,
    xsw4,
    xsw5,
    xsw6,
    xsw7,
    xsw8,
)  # fmt: skip

K = xmlsec.constants
STRANGER = Pair()
ENC = "http://www.w3.org/2001/04/xmlenc#"
XPATH = "http://www.w3.org/TR/1999/REC-xpath-19991116"
XSLT = "http://www.w3.org/TR/1999/REC-xslt-19991116"
INCLUSIVE = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
BOMB = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="/">'
    + '<xsl:for-each select="//*">' * 20 + "x" + "</xsl:for-each>" * 20 + "</xsl:template></xsl:stylesheet>"
)  # fmt: skip
A, SUBJECT, DATA = "saml:Assertion", ".//saml:Subject", ".//saml:SubjectConfirmationData"
REFERENCE, METHOD, DIGEST = ".//ds:Reference", ".//ds:SignatureMethod", ".//ds:DigestMethod"

# What is sent, and for which reason it is refused.
FORGED: dict[str, tuple[Forge, str]] = {
    # what is no response at all
    "nothing": (lambda i, q: "", "not_xml"),
    "not base64": (lambda i, q: "<samlp:Response/>", "not_base64"),
    "base64 of the web": (lambda i, q: posted(i.response(q)).replace("+", "-").replace("A", "_"), "not_base64"),
    "not XML": (plain(b"hello"), "not_xml"),
    "JSON": (plain(b'{"NameID": "00u0owner"}'), "not_xml"),
    "cut off": (written(lambda raw: raw[:-40]), "not_xml"),
    "two documents": (written(lambda raw: raw + raw), "not_xml"),
    "UTF-16": (written(lambda raw: raw.decode().encode("utf-16")), "not_xml"),
    "Latin-1": (written(lambda raw: raw.replace(b"Priya", b"Pr\xeeya")), "not_xml"),
    "a hidden document type in UTF-7": (written(lambda raw: b'<?xml version="1.0" encoding="UTF-7"?>+ADw-!DOCTYPE r+AD4-' + raw), "not_xml"),
    "an assertion alone": (bent(lambda root: root.find(A, {"saml": root.nsmap["saml"]})), "not_a_response"),
    "a request": (plain(b'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Version="2.0"/>'), "not_a_response"),
    "a logout": (plain(b'<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" Version="2.0"/>'), "not_a_response"),
    "a response of SAML 1.1": (instead(".", "Version", "1.1"), "not_a_response"),
    "an assertion of SAML 1.1": (instead(A, "Version", "1.1"), "not_a_response"),
    "an envelope": (written(lambda raw: b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">' + raw + b"</s:Envelope>"), "not_a_response"),
    # what costs, or reads what is ours
    "a document type": (written(lambda raw: b"<!DOCTYPE r>" + raw), "document_type"),
    "an entity": (written(defining(b'<!ENTITY a "Owner">', b"&a;")), "document_type"),
    "a file": (written(defining(b'<!ENTITY a SYSTEM "file:///etc/passwd">', b"&a;")), "document_type"),
    "an address": (written(defining(b'<!ENTITY a SYSTEM "http://169.254.169.254/">', b"&a;")), "document_type"),
    "a parameter entity": (written(defining(b'<!ENTITY % a SYSTEM "http://evil.example/x.dtd"> %a;')), "document_type"),
    "a thousand million laughs": (written(defining(laughs(), b"&a9;")), "document_type"),
    "one long entity, often": (written(defining(b'<!ENTITY a "' + b"x" * 50_000 + b'">', b"&a;" * 5_000)), "document_type"),
    "an instruction": (written(lambda raw: raw.replace(b"<saml:Subject>", b"<?php x?><saml:Subject>")), "aside"),
    "a style sheet": (written(lambda raw: b'<?xml-stylesheet href="http://evil.example/"?>' + raw), "aside"),
    "larger than allowed": (written(lambda raw: raw + b" " * (300 << 10)), "too_large"),
    "deeper than allowed": (written(nested(40)), "too_deep"),
    "deeper than any parser": (written(nested(5_000)), "not_xml"),
    "many parts": (written(lambda raw: raw.replace(b"Priya Raman", b"<a/>" * 40_000)), "too_deep"),
    "an XSLT bomb": (transform(XSLT, inner=BOMB), "transforms"),
    "an XPath that is slow": (transform(XPATH, inner=f'<XPath xmlns="{EXCLUSIVE}">//*//*//*//*//*</XPath>'), "transforms"),
    # how many there are
    "no assertion": (bent(without(A)), "assertions"),
    "two conditions": (before(doubled(".//saml:Conditions")), "shape"),
    "two assertions": (bent(doubled(A)), "same_id"),
    "an assertion of another namespace": (bent(foreign_assertion), "assertions"),
    "an assertion in the status": (bent(in_status), "assertions"),
    "a response in the response": (bent(put("samlp:Status", "<samlp:Response/>")), "assertions"),
    "an encrypted assertion": (bent(put(".", "<saml:EncryptedAssertion/>", at=2)), "encrypted"),
    "an encrypted name": (bent(put(SUBJECT, "<saml:EncryptedID/>")), "encrypted"),
    "an encrypted attribute": (before(put(".//saml:AttributeStatement", "<saml:EncryptedAttribute/>")), "encrypted"),
    "an assertion as advice": (bent(put(A, '<saml:Advice><saml:Assertion ID="_e" Version="2.0"/></saml:Advice>', at=4)), "assertions"),
    "advice": (before(put(A, "<saml:Advice/>", at=3)), "shape"),
    "extensions": (bent(put(".", "<samlp:Extensions/>", at=1)), "shape"),
    "two subjects": (before(doubled(SUBJECT)), "shape"),
    "two names": (before(doubled(".//saml:NameID")), "shape"),
    "two confirmations": (before(doubled(".//saml:SubjectConfirmation")), "shape"),
    "two issuers": (before(doubled(f"{A}/saml:Issuer")), "shape"),
    "two lists of attributes": (before(doubled(".//saml:AttributeStatement")), "shape"),
    "two sign-ins": (before(doubled(".//saml:AuthnStatement")), "shape"),
    "no sign-in": (before(without(".//saml:AuthnStatement")), "shape"),
    "no conditions": (before(without(".//saml:Conditions")), "shape"),
    "no name": (before(without(".//saml:NameID")), "shape"),
    "no status": (bent(without("samlp:Status")), "shape"),
    "no success": (said(status="urn:oasis:names:tc:SAML:2.0:status:Requester"), "provider_refused"),
    # one id for two, and wrapping
    "one id for two parts": (instead(".", "ID", "_assertion1"), "same_id"),
    "one id, spelled otherwise": (instead(SUBJECT, "Id", "_assertion1"), "same_id"),
    "one id by xml:id": (instead(SUBJECT, "{http://www.w3.org/XML/1998/namespace}id", "_assertion1"), "same_id"),
    "a bent assertion of the same id": (bent(same_id), "same_id"),
    "wrapping 1": (xsw1, "assertions"),
    "wrapping 2": (xsw2, "assertions"),
    "wrapping 3": (bent(xsw3), "assertions"),
    "wrapping 4": (bent(xsw4), "assertions"),
    "wrapping 5": (bent(xsw5), "assertions"),
    "wrapping 6": (bent(xsw6), "assertions"),
    "wrapping 7": (bent(xsw7), "assertions"),
    "wrapping 8": (bent(xsw8), "assertions"),
    # the signature's place and form
    "signature stripped": (bent(without(".//ds:Signature")), "not_signed"),
    "the response signed alone": (response_only, "not_signed"),
    "signature in the subject": (bent(signature_moved), "signature_place"),
    "signature in the status": (bent(put("samlp:Status", "<ds:Signature/>")), "signature_place"),
    "two signatures": (bent(doubled(".//ds:Signature")), "shape"),
    "an empty signature": (before(put(A, "<ds:Signature/>", at=1)), "signature_shape"),
    "two references": (bent(doubled(REFERENCE)), "signature_shape"),
    "no reference": (bent(without(REFERENCE)), "signature_shape"),
    "no value": (bent(without(".//ds:SignatureValue")), "signature_shape"),
    "an object in the signature": (bent(put(".//ds:Signature", "<ds:Object/>", at=3)), "signature_shape"),
    "a key to be fetched": (bent(put(".//ds:KeyInfo", '<ds:RetrievalMethod URI="http://evil.example/"/>')), "key_hint"),
    "a key by reference": (bent(put(".//ds:KeyInfo", '<ds:KeyInfoReference URI="#x"/>')), "key_hint"),
    "over the whole document": (resigned(uri=""), "signature_elsewhere"),
    "over the response": (resigned(uri="#_response"), "signature_elsewhere"),
    "over another site": (instead(REFERENCE, "URI", "http://evil.example/assertion"), "signature_elsewhere"),
    "over an XPointer": (instead(REFERENCE, "URI", "#xpointer(id('_assertion1'))"), "signature_elsewhere"),
    "over what is not named": (instead(REFERENCE, "URI", None), "signature_elsewhere"),
    "over no id": (instead(A, "ID", None), "signature_elsewhere"),
    # its algorithms
    "RSA-SHA1": (resigned(method=K.TransformRsaSha1), "algorithm"),
    "a digest by SHA-1": (resigned(digest=K.TransformSha1), "algorithm"),
    "HMAC-SHA256 with the certificate": (resigned(method=K.TransformHmacSha256, key=hmac_key), "algorithm"),
    "RSA-MD5": (instead(METHOD, "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-md5"), "algorithm"),
    "DSA": (instead(METHOD, "Algorithm", "http://www.w3.org/2000/09/xmldsig#dsa-sha1"), "algorithm"),
    "no algorithm": (instead(METHOD, "Algorithm", None), "algorithm"),
    "an unknown digest": (instead(DIGEST, "Algorithm", "urn:none"), "algorithm"),
    "SHA-512 said, SHA-256 done": (instead(METHOD, "Algorithm", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512"), "signature"),
    "inclusive canonical XML": (resigned(c14n=K.TransformInclC14N), "canonicalization"),
    "canonical XML with comments": (resigned(c14n=K.TransformExclC14NWithComments), "canonicalization"),
    "transforms with comments": (resigned(transforms=(K.TransformEnveloped, K.TransformExclC14NWithComments)), "transforms"),
    "transforms that are inclusive": (transform(ENVELOPED, INCLUSIVE), "transforms"),
    "no transforms": (transform(), "transforms"),
    "the first transform alone": (transform(ENVELOPED), "transforms"),
    "three transforms": (transform(ENVELOPED, EXCLUSIVE, EXCLUSIVE), "transforms"),
    "transforms the other way round": (transform(EXCLUSIVE, ENVELOPED), "transforms"),
    "a base64 transform": (transform("http://www.w3.org/2000/09/xmldsig#base64"), "transforms"),
    "a decryption transform": (transform("http://www.w3.org/2002/07/decrypt#XML"), "transforms"),
    # whose key
    "a stranger's key": (resigned(pair=STRANGER), "signature"),
    "a stranger's key, the provider's certificate": (mixed(STRANGER), "signature"),
    "a stranger signed the response too": (response_too, "signature"),
    "another person": (bent(reading(".//saml:NameID", "00u0owner")), "signature"),
    "another address": (bent(reading(".//saml:AttributeValue", "owner@halden.example")), "signature"),
    "one more attribute": (bent(put(".//saml:AttributeStatement", '<saml:Attribute Name="groups"><saml:AttributeValue>admins</saml:AttributeValue></saml:Attribute>')), "signature"),
    "another value of the signature": (bent(reading(".//ds:SignatureValue", "AAAA")), "signature"),
    "an empty value": (bent(reading(".//ds:SignatureValue", "")), "signature"),
    "another digest": (bent(reading(".//ds:DigestValue", "AAAA")), "signature"),
    "a comment in the name": (bent(commented), "aside"),
    "a comment in the name that was signed": (before(commented), "aside"),
    # from whom and for whom
    "another issuer": (said(issuer="https://evil.example"), "issuer"),
    "a response of another issuer": (said(response_issuer="https://evil.example"), "issuer"),
    "no issuer": (said(issuer=""), "issuer"),
    "another audience": (said(audience="https://other.example"), "audience"),
    "an audience that begins like ours": (said_to(audience=lambda q: f"{q.entity_id}x"), "audience"),
    "the beginning of our audience": (said_to(audience=lambda q: q.entity_id[:-1]), "audience"),
    "no audience": (before(without(".//saml:AudienceRestriction")), "audience"),
    "an empty audience": (said(audience=""), "audience"),
    "one more audience restriction": (before(put(".//saml:Conditions", "<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>")), "audience"),
    "a condition that nobody knows": (before(put(".//saml:Conditions", "<saml:Condition/>")), "condition"),
    "another destination": (said(destination="https://other.example/acs/"), "destination"),
    "a destination that begins like ours": (said_to(destination=lambda q: f"{q.acs}more/"), "destination"),
    "a destination with a query": (said_to(destination=lambda q: f"{q.acs}?x=1"), "destination"),
    "a destination in other letters": (said_to(destination=lambda q: q.acs.upper()), "destination"),
    "no destination": (instead(".", "Destination", None), "destination"),
    "an empty destination": (said(destination=""), "destination"),
    "another recipient": (said(recipient="https://other.example/acs/"), "recipient"),
    "a recipient that holds ours": (said_to(recipient=lambda q: f"https://other.example/?to={q.acs}"), "recipient"),
    "no recipient": (before(lambda root: root.find(DATA, {"saml": root.nsmap["saml"]}).attrib.pop("Recipient")), "recipient"),
    # in answer to what
    "nobody asked": (instead(".", "InResponseTo", None), "in_response_to"),
    "another request": (said(in_response_to="_other"), "in_response_to"),
    "another request confirmed": (said(confirms="_other"), "in_response_to"),
    "no request confirmed": (before(lambda root: root.find(DATA, {"saml": root.nsmap["saml"]}).attrib.pop("InResponseTo")), "in_response_to"),
    "confirmed by a key": (said(method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"), "confirmation"),
    "confirmed by the sender": (said(method="urn:oasis:names:tc:SAML:2.0:cm:sender-vouches"), "confirmation"),
    "no confirmation": (before(without(".//saml:SubjectConfirmation")), "shape"),
    "a confirmation of nothing": (before(without(DATA)), "confirmation"),
    # when
    "conditions that are over": (late("ends"), "too_old"),
    "conditions to come": (said_at(begins=300), "too_early"),
    "conditions without an end": (before(lambda root: root.find(".//saml:Conditions", {"saml": root.nsmap["saml"]}).attrib.pop("NotOnOrAfter")), "no_end"),
    "a confirmation that is over": (late("usable_until"), "too_old"),
    "a confirmation to come": (before(lambda root: root.find(DATA, {"saml": root.nsmap["saml"]}).set("NotBefore", instant(300))), "too_early"),
    "a confirmation without an end": (before(lambda root: root.find(DATA, {"saml": root.nsmap["saml"]}).attrib.pop("NotOnOrAfter")), "no_end"),
    "made in the future": (said_at(issued=300), "from_the_future"),
    "made before we asked": (said_at(issued=-3600), "made_before"),
    "a time of no zone": (said(ends="2099-01-01T00:00:00"), "time"),
    "a time of another zone": (said(ends="2099-01-01T00:00:00+02:00"), "time"),
    "a time that is none": (said(ends="for ever"), "time"),
    "a session that is over": (before(lambda root: root.find(".//saml:AuthnStatement", {"saml": root.nsmap["saml"]}).set("SessionNotOnOrAfter", instant(-60))), "library"),
    # about whom
    "a name with parts": (before(put(".//saml:NameID", "<saml:Issuer/>")), "library"),
    "an empty name": (said(subject=""), "subject"),
    "a name that is endless": (said(subject="x" * 256), "subject"),
}  # fmt: skip


@pytest.fixture(scope="module")
def idp(pair: Pair) -> Asserter:
    return Asserter(pair)


@pytest.fixture(scope="module")
def expected(idp: Asserter) -> Expected:
    """What an answer must say to a question that was asked a moment ago."""
    connection = Connection(name="Okta", vendor="okta", protocol="saml", **settings_of(idp))
    return Expected(
        connection, ours(connection), "_request.1", timezone.now() - timedelta(seconds=2)
    )


def question(expected: Expected) -> Question:
    """Return the question as the provider reads it."""
    return Question(expected.ours.acs, expected.ours.entity_id, expected.request_id)


def believed(text: str, expected: Expected) -> dict[str, Any]:
    """Take an answer as the page does."""
    return flow.believed(gate.opened(text), expected)[0]


def forged(name: str, idp: Asserter, expected: Expected) -> str:
    """Return a forged answer to the question, in which the assertion is called _assertion1."""
    idp.count = 0
    return FORGED[name][0](idp, question(expected))


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_answer_is_refused_for_its_reason(
    idp: Asserter, expected: Expected, name: str
) -> None:
    with pytest.raises(SignInRefused) as refused:
        believed(forged(name, idp, expected), expected)
    assert refused.value.reason == FORGED[name][1], refused.value.detail
    assert refused.value.detail
    assert refused.value.hint


def test_there_are_enough_of_them() -> None:
    assert len(FORGED) >= 80


def test_none_of_them_costs_more_than_its_budget(idp: Asserter, expected: Expected) -> None:
    """200 ms of this process' time, and 64 MiB, each; an honest one comes first and warms up.

    The least of three: what else the machine does costs time too.
    """
    believed(posted(idp.response(question(expected))), expected)
    texts = {name: forged(name, idp, expected) for name in FORGED}
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, text in texts.items():
        assert min(cost(text, expected) for _ in range(3)) < 0.2, name
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held < 64 << 10


def cost(text: str, expected: Expected) -> float:
    """Return the seconds of this process that a refusal takes."""
    began = time.process_time()
    with pytest.raises(SignInRefused):
        believed(text, expected)
    return time.process_time() - began


def both_signed(idp: Asserter, asked: Question) -> str:
    root = idp.response(asked)
    sign(root, root, idp.pair)
    return posted(root)


HONEST: dict[str, Forge] = {
    "RSA-SHA256": said(),
    "RSA-SHA384": resigned(method=K.TransformRsaSha384, digest=K.TransformSha384),
    "RSA-SHA512": resigned(method=K.TransformRsaSha512, digest=K.TransformSha512),
    "the response signed too": both_signed,
    "without an issuer of the response": bent(without("saml:Issuer")),
    "without attributes": before(without(".//saml:AttributeStatement")),
    "to be used once": before(put(".//saml:Conditions", "<saml:OneTimeUse/>", at=1)),
    "a clock that is a little late": said_at(begins=-330, ends=-30),
    "a clock that is a little early": said_at(begins=30, issued=30),
    "lines in base64": lambda i, q: encodebytes(etree.tostring(i.response(q))).decode(),
    "an end in the last second of all": said(ends="9999-12-31T23:59:59Z", usable_until="9999-12-31T23:59:59Z"),
    "letters of the world": said(subject="Zoë 日本 &amp; &lt;x&gt;"),
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_answer_is_believed(idp: Asserter, expected: Expected, name: str) -> None:
    """Without these, a check that refuses everything would look as good."""
    told = believed(HONEST[name](idp, question(expected)), expected)
    assert told["Name ID"] in {"00u1alice", "Zoë 日本 & <x>"}
    assert told["Name ID format"] == "persistent"
    assert told.get("groups", ["auterity-builders"]) == ["auterity-builders"]


def test_one_of_several_certificates_signs(idp: Asserter, expected: Expected) -> None:
    following = Pair()
    connection = Connection(name="Okta", vendor="okta", protocol="saml", **settings_of(idp))
    connection.pk = expected.connection.pk
    connection.certificates = [following.pem, idp.pair.pem]
    both = Expected(connection, expected.ours, expected.request_id, expected.asked_at)
    assert believed(posted(idp.response(question(both))), both)
    assert believed(resigned(pair=following)(idp, question(both)), both)


def test_a_certificate_counts_until_its_end(idp: Asserter, expected: Expected) -> None:
    ended = Pair(days=-1, key=idp.pair.key)
    connection = Connection(name="Okta", vendor="okta", protocol="saml", **settings_of(idp))
    connection.certificates = [ended.pem]
    over = Expected(connection, expected.ours, expected.request_id, expected.asked_at)
    with pytest.raises(SignInRefused) as refused:
        believed(posted(idp.response(question(over))), over)
    assert refused.value.reason == "certificate_over"


def test_words_say_what_to_set_where(idp: Asserter, expected: Expected) -> None:
    with pytest.raises(SignInRefused) as refused:
        believed(forged("another audience", idp, expected), expected)
    wanted = expected.ours.entity_id
    assert refused.value.detail == (
        f"The response is for audience https://other.example; this workspace expects {wanted}."
    )
    assert refused.value.hint == f"In Okta, set Audience URI (SP Entity ID) to {wanted}"
