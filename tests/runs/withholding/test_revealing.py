"""Showing what is withheld: to who has the right, with an entry in the trail; and erasing it."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.runs.exceptions import BadPlaceholder, NothingWithheld, PartOfOther, ValuesErased
from apps.runs.models import Run, Withheld
from apps.runs.services import erase, rerun, retry_run, reveal
from apps.runs.state.parts import ONLY, Part
from apps.runs.state.withholding import revealed
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.factories.runs import Start, carry, carry_family
from tests.runs.scenes import published
from tests.runs.withholding.test_withholding import INPUTS, MAIL, marked, transform
from tests.workflows.definitions import node

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(start: Start) -> Run:
    return carry(start(marked(transform("make", said="{{ input.email }}, then")), **INPUTS))


def entries(action: str) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(action=action))


def test_an_owner_is_shown_a_value_and_the_trail_says_so(run: Run, alice: User) -> None:
    [shown] = reveal(run, actor=alice, placeholders=[run.inputs["email"]])
    assert (shown.value, shown.data_class, shown.is_kept) == (MAIL, "personal", True)
    [entry] = entries("data.revealed")
    assert entry.after == {"values": [run.inputs["email"]]}
    assert MAIL not in str(entry.after)


def test_others_are_shown_nothing(run: Run, bob: User, mallory: User) -> None:
    with pytest.raises(Forbidden):
        reveal(run, actor=bob, placeholders=[run.inputs["email"]])
    assert not entries("data.revealed")
    assert api_client(bob).get(f"/api/v1/runs/{run.pk}/").json()["inputs"]["email"] != MAIL


def test_only_placeholders_of_the_run_are_opened(run: Run, start: Start, alice: User) -> None:
    other = carry(start(marked(), **INPUTS))
    [shown] = reveal(run, actor=alice, placeholders=[other.inputs["email"]])
    assert (shown.value, shown.is_kept) == (None, False)
    with pytest.raises(BadPlaceholder):
        reveal(run, actor=alice, placeholders=["email"])


def test_erasing_is_for_good(run: Run, alice: User, bob: User) -> None:
    placeholder = run.inputs["smoker"]
    with pytest.raises(Forbidden):
        erase(run, actor=bob)
    erase(run, actor=alice)
    assert not Withheld.objects.exists()
    run.refresh_from_db()
    assert run.inputs["smoker"] == placeholder
    assert revealed(run, run.inputs)["smoker"] == placeholder
    assert len(entries("data.erased")) == 1
    [shown] = reveal(run, actor=alice, placeholders=[placeholder])
    assert not shown.is_kept
    with pytest.raises(NothingWithheld):
        erase(run, actor=alice)
    with pytest.raises(ValuesErased):
        retry_run(run, actor=alice)
    with pytest.raises(ValuesErased):
        rerun(run, actor=alice, part=Part(ONLY, "make"))


def test_a_run_inside_another_is_erased_with_it(start: Start, alice: User, bob: User) -> None:
    inner = published(bob, marked(), "Inner")
    config = {"workflow": str(inner.pk), "inputs": {"email": "{{ input.email }}"}}
    run = carry_family(start(marked(node("call", "flow.run", config=config)), **INPUTS))
    child = Run.objects.get(parent=run)
    with pytest.raises(PartOfOther):
        erase(child, actor=alice)
    erase(run, actor=alice)
    child.refresh_from_db()
    assert child.erased_at is not None


def test_the_page_shows_locks_and_opens_one(run: Run, alice: User, bob: User) -> None:
    page = browser(alice).get(f"/runs/{run.pk}/?node=make").content.decode()
    assert MAIL not in page
    assert "Show</button>" in page
    answer = browser(alice).post(f"/runs/{run.pk}/reveal/", {"value": run.inputs["email"]})
    assert MAIL in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    seen = browser(bob).get(f"/runs/{run.pk}/?node=make").content.decode()
    assert "withheld" in seen
    assert "Show</button>" not in seen
    assert browser(bob).post(f"/runs/{run.pk}/reveal/", {"value": "x"}).status_code == 403


def test_the_api_shows_and_erases(run: Run, alice: User) -> None:
    client = api_client(alice)
    url = f"/api/v1/runs/{run.pk}/withheld/"
    told: Any = client.get(url).json()
    assert told["classes"] == {"health": 2, "personal": 1}
    shown = client.post(url, {"values": [run.inputs["email"]]}, format="json")
    assert shown.json()["values"][0]["value"] == MAIL
    assert client.post(url, {"values": ["nothing"]}, format="json").status_code == 422
    assert client.delete(url).status_code == 204
    assert client.get(url).json()["erased_at"]


def test_what_was_shown_is_not_kept_for_a_repeat(run: Run, alice: User) -> None:
    client = api_client(alice)
    url, body = f"/api/v1/runs/{run.pk}/withheld/", {"values": [run.inputs["email"]]}
    headers: Any = {"HTTP_IDEMPOTENCY_KEY": "once-1"}
    assert client.post(url, body, format="json", **headers).status_code == 200
    again = client.post(url, body, format="json", **headers)
    assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")
