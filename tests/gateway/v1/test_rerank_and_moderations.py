"""/v1/rerank and /v1/moderations: checked, passed on, written down."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.gateway.models import LlmCall, Provider
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.programs import Program, error_of, key_of, only_call

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENTS = ["short", "much longer"]


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


@pytest.fixture
def program(alice: User) -> Program:
    return Program(key_of(alice))


def test_documents_are_ranked(
    alice: User, provider: Provider, program: Program, fake: FakeProvider
) -> None:
    lead(alice, "ok", provider=provider)
    body = {"model": "default", "query": "what?", "documents": DOCUMENTS, "top_n": 2, "more": 1}
    reply = program.post("rerank", body)
    assert [each["index"] for each in reply.json()["results"]] == [1, 0]
    assert fake.asked[0].path == "/v1/rerank"
    assert fake.asked[0].body == {**body, "model": "ok"}
    row = only_call()
    assert (row.endpoint, row.input_tokens, row.output_tokens, row.tokens_estimated) == (
        "rerank", 30, 0, False,
    )  # fmt: skip


@pytest.mark.parametrize("given", ["Fine", ["Fine", "bad"], [{"type": "text", "text": "bad"}]])
def test_texts_are_moderated(
    alice: User, provider: Provider, program: Program, fake: FakeProvider, given: Any
) -> None:
    lead(alice, "ok", provider=provider, alias="moderation")
    reply = program.post("moderations", {"input": given})
    many = given if isinstance(given, list) else [given]
    flags = [each["flagged"] for each in reply.json()["results"]]
    assert flags == ["bad" in str(each) for each in many]
    assert fake.asked[0].body == {"model": "ok", "input": given}
    assert (only_call().endpoint, only_call().route) == ("moderations", "moderation")


def test_without_a_model_the_route_must_be_there(program: Program) -> None:
    reply = program.post("moderations", {"input": "Fine"})
    assert (reply.status, error_of(reply)["code"]) == (404, "model_not_found")


def test_targets_that_cannot_rank_give_way(
    alice: User, provider: Provider, program: Program
) -> None:
    body = {"model": "default", "query": "what?", "documents": DOCUMENTS}
    reply = program.post("rerank", {**body, "model": "fast"})
    assert (reply.status, error_of(reply)["code"]) == (400, "not_offered")
    lead(alice, "odd", "error-500", "ok", provider=provider)
    reply = program.post("rerank", body)
    assert (reply.status, reply.headers["x-auterity-attempts"]) == (200, "3")


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("rerank", {"query": ""}, "query"),
    ("rerank", {"query": ["x"]}, "query"),
    ("rerank", {"documents": []}, "documents"),
    ("rerank", {"documents": "x"}, "documents"),
    ("rerank", {"documents": [{"text": 1}]}, "documents"),
    ("rerank", {"documents": ["x"] * 10_001}, "documents"),
    ("rerank", {"top_n": 0}, "top_n"),
    ("rerank", {"top_n": True}, "top_n"),
    ("rerank", {"model": None}, "model"),
    ("moderations", {"input": None}, "input"),
    ("moderations", {"input": []}, "input"),
    ("moderations", {"input": [1]}, "input"),
    ("moderations", {"input": ["x"] * 2049}, "input"),
]


@pytest.mark.parametrize(("path", "wrong", "param"), BAD)
def test_what_makes_no_sense(
    program: Program, path: str, wrong: dict[str, Any], param: str
) -> None:
    good = {"model": "default", "query": "what?", "documents": DOCUMENTS, "input": "Fine"}
    reply = program.post(path, {**good, **wrong})
    assert (reply.status, error_of(reply)["param"]) == (400, param)
    assert not LlmCall.objects.exists()
