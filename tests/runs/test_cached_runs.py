"""Whole runs that are answered by the result of an earlier one."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import RoleBinding, User
from apps.common.ids import uuid7
from apps.credentials.services import set_enabled
from apps.dispatch.models import Ticket
from apps.gateway.models import Provider
from apps.runs import services
from apps.runs.models import Run
from apps.runs.state.parts import FROM, WHOLE, Part
from apps.workflows.models import Workflow
from apps.workflows.services import definition_of, publish_workflow, update_workflow
from tests.credentials.keeping import keep
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.factories.runs import carry, events
from tests.factories.targets import Echo
from tests.faults.auditor import audit_run
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node

Change = Callable[[Workflow, User], None]


def keeping(text: str = "{{ input.who }}!") -> dict[str, Any]:
    definition = graph(transform("greet", text), edge("start", "greet"))
    return {**definition, "settings": {"cache_ttl_s": 60}}


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return published(bob, keeping())


def run_of(workflow: Workflow, actor: User, who: str = "Ada", **rest: Any) -> Run:
    # Loaded anew, as each request does: what they may do is read once for each loaded user.
    actor, workflow = User.objects.get(pk=actor.pk), Workflow.objects.get(pk=workflow.pk)
    run = services.start_run(workflow, actor=actor, inputs={"who": who}, **rest)
    return run if run.is_finished else carry(run)


def test_the_same_start_is_answered_at_once(workflow: Workflow, bob: User) -> None:
    first = run_of(workflow, bob)
    Run.objects.filter(pk=first.pk).update(cost_usd=Decimal("0.25"))
    second = run_of(workflow, bob)
    assert not first.is_from_cache
    assert (second.cached_from, second.saved_usd) == (first, Decimal("0.25"))
    assert (second.status, second.outputs) == ("succeeded", first.outputs)
    assert second.cost_usd == 0
    assert events(second) == ["run.queued", "run.succeeded"]
    assert not second.nodes.exists()
    assert not Ticket.objects.filter(pk=second.pk).exists()
    assert audit_run(second) == []


def test_an_answer_from_cache_does_not_make_it_last_longer(workflow: Workflow, bob: User) -> None:
    first, second = run_of(workflow, bob), run_of(workflow, bob)
    long_ago = timezone.now() - timedelta(seconds=61)
    Run.objects.filter(pk=first.pk).update(finished_at=long_ago)
    assert second.is_from_cache
    assert not run_of(workflow, bob).is_from_cache


def test_other_inputs_run(workflow: Workflow, bob: User) -> None:
    run_of(workflow, bob)
    other = run_of(workflow, bob, who="Grace")
    assert (other.is_from_cache, other.outputs) == (False, {"n": "Grace!"})


def test_each_person_has_their_own_results(workflow: Workflow, bob: User, alice: User) -> None:
    run_of(workflow, bob)
    assert not run_of(workflow, alice).is_from_cache


def publishes(workflow: Workflow, actor: User) -> None:
    definition = definition_of(workflow).as_json() | {"settings": {"cache_ttl_s": 61}}
    update_workflow(workflow, actor=actor, revision=None, changes={"definition": definition})
    publish_workflow(workflow, actor=actor)


def gives_other_rights(workflow: Workflow, actor: User) -> None:
    owner = RoleBinding.objects.get(user__email__startswith="alice").role
    RoleBinding.objects.filter(user=actor).update(role=owner)


def changes_a_provider(workflow: Workflow, actor: User) -> None:
    provider = Provider.objects.first()
    assert provider is not None
    provider.save()


@pytest.mark.parametrize("change", [publishes, gives_other_rights, changes_a_provider])
def test_what_may_change_the_result_begins_anew(
    workflow: Workflow, alice: User, bob: User, change: Change
) -> None:
    run_of(workflow, bob)
    assert run_of(workflow, bob).is_from_cache
    change(workflow, bob)
    assert not run_of(workflow, bob).is_from_cache


@pytest.mark.django_db(transaction=True)
def test_another_state_of_a_credential_begins_anew(alice: User, echo: Echo) -> None:
    credential = keep(alice, "bearer", hosts=[echo.origin.removeprefix("http://")])
    config = {"url": f"{echo.origin}/", "credential": str(credential.pk)}
    call = graph(node("call", "http.request", config=config), edge("start", "call"))
    workflow = published(alice, {**call, "settings": {"cache_ttl_s": 60}})
    runs = [run_of(workflow, alice) for _ in range(2)]
    assert [run.is_from_cache for run in runs] == [False, True]
    set_enabled(credential, actor=alice, enabled=False)
    assert run_of(workflow, alice).status == "failed"


@pytest.mark.django_db(transaction=True)
def test_a_version_that_acts_runs_each_time(bob: User, echo: Echo) -> None:
    """It was published before the setting asked about what acts and yet may be repeated."""
    put = node("put", "http.request", config={"url": f"{echo.origin}/", "method": "PUT"})
    workflow = published(bob, graph(put, edge("start", "put")))
    version = workflow.published_version
    assert version is not None
    version.pk, version.number, version.sha256 = uuid7(), 2, "f" * 64
    version.definition = {**version.definition, "settings": {"cache_ttl_s": 60}}
    version.save(force_insert=True)
    Workflow.objects.filter(pk=workflow.pk).update(published_version=version)
    assert [run_of(workflow, bob).is_from_cache for _ in range(2)] == [False, False]
    assert len(echo.heard) == 2


def test_failed_runs_are_no_results(bob: User) -> None:
    workflow = published(bob, keeping("{{ 1 // 0 }}"))
    assert [run_of(workflow, bob).status for _ in range(2)] == ["failed", "failed"]


def test_a_draft_runs_whenever_it_is_tried(workflow: Workflow, bob: User) -> None:
    runs = [run_of(workflow, bob, version="draft") for _ in range(2)]
    assert [each.is_from_cache for each in runs] == [False, False]


def test_without_the_setting_every_run_runs(bob: User) -> None:
    workflow = published(bob, {**keeping(), "settings": {}})
    assert [run_of(workflow, bob).is_from_cache for _ in range(2)] == [False, False]


def test_doing_it_again_by_hand_runs(workflow: Workflow, bob: User) -> None:
    run_of(workflow, bob)
    cached = run_of(workflow, bob)
    again = carry(services.rerun(cached, actor=bob, part=WHOLE))
    assert (again.is_from_cache, again.outputs) == (False, cached.outputs)


def test_from_a_step_on_it_takes_over_what_the_origin_made(workflow: Workflow, bob: User) -> None:
    first, cached = run_of(workflow, bob), run_of(workflow, bob)
    again = carry(services.rerun(cached, actor=bob, part=Part(FROM, "greet")))
    assert (again.retry_of, again.outputs) == (cached, first.outputs)
    told = again.events.get(type="node.succeeded", node="start")
    assert told.data["linked"] is True


def test_without_its_origin_all_of_it_is_done(workflow: Workflow, bob: User) -> None:
    first, cached = run_of(workflow, bob), run_of(workflow, bob)
    first.delete()
    cached.refresh_from_db()
    again = carry(services.rerun(cached, actor=bob, part=Part(FROM, "greet")))
    assert (again.status, again.outputs) == ("succeeded", cached.outputs)


def test_asking_twice_by_one_name_makes_one_run(workflow: Workflow, bob: User) -> None:
    run_of(workflow, bob)
    runs = {run_of(workflow, bob, dedupe_key="once").pk for _ in range(2)}
    assert len(runs) == 1


def test_the_cached_run_outlives_its_origin(workflow: Workflow, bob: User) -> None:
    first, second = run_of(workflow, bob), run_of(workflow, bob)
    first.delete()
    second.refresh_from_db()
    assert (second.cached_from, second.is_from_cache) == (None, True)


class TestHowItIsTold:
    """What the API and the pages say of a run that was answered from cache."""

    @pytest.mark.django_db(transaction=True)
    def test_the_api_names_the_run_whose_result_it_is(self, workflow: Workflow, bob: User) -> None:
        first = run_of(workflow, bob)
        client, body = api_client(bob), {"inputs": {"who": "Ada"}}
        answer = client.post(f"/api/v1/workflows/{workflow.pk}/runs/", body).json()
        assert answer["status"] == "succeeded"
        told = client.get(f"/api/v1/runs/{answer['id']}/").json()
        assert (told["outputs"], told["cost_usd"]) == ({"n": "Ada!"}, "0.000000")
        assert (told["cached_from"], told["saved_usd"]) == (str(first.pk), "0.000000")
        ran = client.get(f"/api/v1/runs/{first.pk}/").json()
        assert (ran["cached_from"], ran["saved_usd"]) == (None, None)

    def test_the_page_links_it(self, workflow: Workflow, bob: User) -> None:
        first, second = run_of(workflow, bob), run_of(workflow, bob)
        page = browser(bob).get(f"/runs/{second.pk}/")
        text = page.content.decode()
        assert 'data-testid="from-cache"' in text
        assert f'href="/runs/{first.pk}/"' in text
        history = browser(bob).get(f"/runs/{second.pk}/?view=history").content.decode()
        assert "Answered from cache, no step ran" in history
        assert "From cache" in browser(bob).get("/runs/").content.decode()

    def test_the_page_of_a_run_that_ran_says_nothing_of_it(
        self, workflow: Workflow, bob: User
    ) -> None:
        page = browser(bob).get(f"/runs/{run_of(workflow, bob).pk}/")
        assert "from-cache" not in page.content.decode()
