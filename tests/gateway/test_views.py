"""The pages of RelayCore."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.gateway.models import AllowList, LlmCall, ModelRoute
from tests.factories.browsers import browser
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect


def test_a_routes_targets_are_edited(alice: User, fake: FakeProvider) -> None:
    connect(fake, alice)
    form = {
        "description": "Mine", "form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "1",
        "form-0-provider": "fake", "form-0-model": "ok", "form-0-params": '{"temperature": 0}',
        "form-1-provider": "built-in", "form-1-model": "", "form-1-params": "",
        "form-2-provider": "", "form-2-model": "", "form-2-params": "",
    }  # fmt: skip
    assert browser(alice).post("/relaycore/routes/default/", form).status_code == 302
    route = ModelRoute.objects.get(alias="default")
    assert [each.params for each in route.targets.all()] == [{"temperature": 0}, {}]
    assert browser(alice).get("/relaycore/routes/default/").status_code == 200
    bad = {**form, "form-0-params": "{"}
    assert browser(alice).post("/relaycore/routes/default/", bad).status_code == 422
    made = browser(alice).post("/relaycore/new-route/", {**form, "alias": "mine"})
    assert made["Location"] == "/relaycore/routes/mine/"
    browser(alice).post("/relaycore/routes/mine/delete/")
    assert not ModelRoute.objects.filter(alias="mine").exists()


def test_lists_in_all_their_states(vera: User) -> None:
    client = browser(vera)
    for url in ("/relaycore/", "/relaycore/routes/fast/", "/usage/", "/usage/?period=90"):
        assert client.get(url).status_code == 200, url
    assert "will be listed here" in client.get("/relaycore/calls/").content.decode()
    assert "Clear filters" in client.get("/relaycore/calls/?status=ok").content.decode()
    LlmCall.objects.create(
        request_id="r", route="fast", provider="<b>x</b>", model="m", status="error",
        error_code="provider_failed", attempts=[{}, {}], cost_usd="0.25",
    )  # fmt: skip
    shown = client.get("/relaycore/calls/").content.decode()
    assert "&lt;b&gt;x" in shown
    assert "provider_failed" in shown
    assert "$0.2500" in client.get("/usage/").content.decode()
    assert client.get("/relaycore/calls/?status=nonsense").status_code == 422


def test_calls_are_narrowed_by_time_model_and_task(vera: User) -> None:
    now = timezone.now()
    for days, model, task in ((0, "m-1", "generate"), (3, "m-2", "classify"), (30, "m-2", "")):
        LlmCall.objects.create(
            request_id="r", status="ok", model=model, task=task, created_at=now - timedelta(days)
        )

    def models(**asked: str) -> list[str]:
        page = browser(vera).get("/relaycore/calls/", asked)
        return [each.model for each in page.context["calls"]]

    assert models(time="1") == ["m-1"]
    assert models(time="7") == ["m-1", "m-2"]
    assert models(time="7", model="m-2") == ["m-2"]
    assert models(task="classify") == ["m-2"]
    day = timezone.localdate(now - timedelta(30)).isoformat()
    after = timezone.localdate(now - timedelta(29)).isoformat()
    assert models(time="range", since=day, until=after) == ["m-2"]
    assert len(models(since=day, until=after)) == 3  # no time is chosen
    shown = browser(vera).get("/relaycore/calls/?time=range&model=m-2").content.decode()
    for control in ('id="filter-since"', 'id="filter-model"', 'id="filter-task"', ">m-2</option>"):
        assert control in shown, control


def test_members_look_and_strangers_sign_in(bob: User, fake: FakeProvider, alice: User) -> None:
    provider = connect(fake, alice)
    one = f"/relaycore/providers/{provider.pk}/"
    assert browser(bob).get(one).status_code == 200
    assert browser(bob).get("/relaycore/providers/new/").status_code == 403
    assert browser(bob).get("/relaycore/providers/new/groq/").status_code == 403
    for url in (one, f"{one}test/", f"{one}delete/", "/relaycore/routes/fast/",
                "/relaycore/new-route/", "/relaycore/routes/fast/delete/"):  # fmt: skip
        assert browser(bob).post(url, {"name": "x"}).status_code == 403, url
    assert browser(bob).get("/relaycore/routes/nowhere/").status_code == 404
    assert Client(HTTP_HOST="alpha.localhost").get("/relaycore/").status_code == 302
    assert fake.asked == []


def test_a_route_is_changed_in_all_its_parts_and_comes_back(
    alice: User, fake: FakeProvider
) -> None:
    connect(fake, alice)
    client = browser(alice)
    form = {
        "description": "Mine", "regions": "eu, us", "quality_floor": "0.5", "hedge": "on",
        "mending": "restart", "capabilities": ["tools"], "max_cost_usd": "0.5",
        "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "form-0-provider": "fake",
        "form-0-model": "ok", "form-0-order": "3", "form-0-weight": "7", "form-0-role": "main",
        "form-0-region": "eu", "form-0-quality": "0.9", "form-0-capabilities": ["tools", "vision"],
    }  # fmt: skip
    assert client.post("/relaycore/routes/default/", form).status_code == 302
    route = ModelRoute.objects.get(alias="default")
    assert route.policy == {
        "regions": ["eu", "us"], "quality_floor": 0.5, "hedge": True, "mending": "restart",
        "capabilities": ["tools"], "max_cost_usd": "0.5",
    }  # fmt: skip
    target = route.targets.get()
    assert (target.order, target.weight, target.region, target.quality) == (3, 7, "eu", 0.9)
    again = client.get("/relaycore/routes/default/").content.decode()
    assert 'value="eu, us"' in again
    assert client.post("/relaycore/routes/default/", {**form, "regions": "E U"}).status_code == 422
    assert client.post("/relaycore/routes/default/versions/1/restore/").status_code == 302
    route.refresh_from_db()
    assert (route.version, route.policy) == (3, {})
    client.post("/relaycore/routes/default/versions/99/restore/")
    assert ModelRoute.objects.get(alias="default").version == 3


def test_routes_are_searched_and_models_allowed(alice: User) -> None:
    client = browser(alice)
    shown = client.get("/relaycore/routes/?q=fast").content.decode()
    assert "/relaycore/routes/fast/" in shown
    assert "/relaycore/routes/large/" not in shown
    assert "Clear filters" in client.get("/relaycore/routes/?q=nothing").content.decode()
    bad = client.post("/relaycore/allowed/", {"patterns": "", "regions": "E!"})
    assert bad.status_code == 422
    client.post("/relaycore/allowed/", {"patterns": "openai/*\nfake/ok", "regions": "eu us"})
    lists = AllowList.objects.get()
    assert (lists.patterns, lists.regions) == (["fake/ok", "openai/*"], ["eu", "us"])
    assert "2 patterns, 2 regions" in client.get("/relaycore/routes/").content.decode()


def test_decisions_are_shown_of_calls_and_without_one(alice: User, vera: User) -> None:
    client = browser(alice)
    empty = client.get("/relaycore/routes/fast/decide/").content.decode()
    assert "The decision will be shown here" in empty
    shown = client.get("/relaycore/routes/fast/decide/?characters=100").content.decode()
    assert "Asked first" in shown
    refused = client.get("/relaycore/routes/fast/decide/?characters=0")
    assert refused.status_code == 422
    old = LlmCall.objects.create(request_id="r", route="fast", status="error")
    page = browser(vera).get(f"/relaycore/calls/{old.pk}/").content.decode()
    assert "No decision is kept" in page


def test_only_who_manages_providers_has_these_pages(bob: User) -> None:
    client = browser(bob)
    assert client.get("/relaycore/routes/").status_code == 200
    shown = client.get("/relaycore/routes/fast/").content.decode()
    assert "Targets now" in shown
    assert "Save route" not in shown
    assert "Restore" not in shown
    for url in ("/relaycore/allowed/", "/relaycore/routes/fast/decide/"):
        assert client.get(url).status_code == 403
    for url in ("/relaycore/allowed/", "/relaycore/routes/fast/versions/1/restore/"):
        assert client.post(url, {}).status_code == 403


PAGES = [
    "", "routes/", "providers/", "prompts/", "playground/", "keys/", "calls/", "budgets/", "prices/",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_has_the_same_tabs(page: str, alice: User, vera: User) -> None:
    shown = [_tabs(browser(user).get(f"/relaycore/{page}")) for user in (alice, vera)]
    every = [
        "Overview", "Routes", "Providers", "Prompts", "Playground", "Keys", "Calls", "Budgets",
        "Advice", "Prices", "Usage",
    ]  # fmt: skip
    assert shown[0] == every
    seen = [each for each in every if each not in ("Keys", "Playground")]
    assert shown[1] == ([] if page in ("keys/", "playground/") else seen)


def _tabs(answer: Any) -> list[str]:
    """Return the labels of the tabs; a refusal has none."""
    _, _, rest = answer.content.decode().partition('<nav class="tabs" aria-label="RelayCore">')
    return re.findall(r">([A-Z]\w+)</a>", rest.partition("</nav>")[0])
