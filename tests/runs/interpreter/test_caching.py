"""Results that are used again: how long, for whom, and what makes them useless."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import RoleBinding, User
from apps.credentials.models import StoredCredential
from apps.credentials.services import delete_credential, rotate_credential, set_enabled
from apps.gateway.models import ModelRoute
from apps.runs.models import KeptResult, Run
from apps.runs.services import start_run
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow, definition_of, update_workflow
from tests.credentials.keeping import SECRET, keep
from tests.factories.runs import carry, events, step
from tests.factories.targets import Echo
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node

# What models are asked is written down by another connection.
ASKING = pytest.mark.django_db(transaction=True)


def kept(part: dict[str, Any]) -> dict[str, Any]:
    return {**part, "cache_ttl_s": 3600}


def run_of(workflow: Workflow, actor: User, **inputs: Any) -> Run:
    return carry(start_run(workflow, actor=actor, inputs=inputs, version="draft"))


@pytest.fixture
def workflow(bob: User) -> Workflow:
    step = kept(code("work", "inputs['x'] * 2"))
    step["config"]["inputs"] = {"x": "{{ input.x }}"}
    definition = graph(step, transform("after", "{{ prev.result }}"), edge("start", "work"), edge("work", "after"))  # fmt: skip
    return create_workflow(actor=bob, name="Kept", definition=definition)


def is_kept(run: Run, name: str = "work") -> bool:
    assert run.status == "succeeded", run.error
    return step(run, name).saved_usd is not None


def test_the_same_input_is_answered_from_what_was_kept(workflow: Workflow, bob: User) -> None:
    first, second, other = (run_of(workflow, bob, x=x) for x in (1, 1, 2))
    assert [is_kept(each) for each in (first, second, other)] == [False, True, False]
    assert first.outputs == second.outputs == {"n": 2}
    assert "node.started work" not in events(second)
    told = second.events.get(type="node.succeeded", node="work")
    assert Decimal(told.data["saved_usd"]) == 0


@ASKING
def test_what_it_cost_is_said_to_be_saved(bob: User) -> None:
    ask = kept(node("ask", "ai.generate", config={"prompt": "Say hello"}))
    workflow = create_workflow(actor=bob, name="AI", definition=graph(ask, edge("start", "ask")))
    run_of(workflow, bob)
    KeptResult.objects.update(cost_usd=Decimal("0.25"))
    second = run_of(workflow, bob)
    assert step(second, "ask").saved_usd == Decimal("0.25")
    assert step(second, "ask").cost_usd + second.cost_usd == 0


def test_it_expires(workflow: Workflow, bob: User) -> None:
    run_of(workflow, bob, x=1)
    KeptResult.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not is_kept(run_of(workflow, bob, x=1))
    assert KeptResult.objects.count() == 1


def test_another_version_begins_anew(workflow: Workflow, bob: User) -> None:
    run_of(workflow, bob, x=1)
    definition = {**definition_of(workflow).as_json(), "settings": {"timeout_s": 60}}
    update_workflow(workflow, actor=bob, revision=None, changes={"definition": definition})
    workflow.refresh_from_db()
    assert not is_kept(run_of(workflow, bob, x=1))


def test_each_person_has_their_own(workflow: Workflow, bob: User, alice: User) -> None:
    run_of(workflow, bob, x=1)
    assert not is_kept(run_of(workflow, alice, x=1))


def test_other_rights_begin_anew(workflow: Workflow, bob: User, alice: User) -> None:
    run_of(workflow, alice, x=1)
    held, role = RoleBinding.objects.get(user=alice), RoleBinding.objects.get(user=bob).role
    held.role = role
    held.save()
    assert not is_kept(run_of(workflow, User.objects.get(pk=alice.pk), x=1))


@ASKING
def test_another_route_begins_anew(bob: User) -> None:
    ask = kept(node("ask", "ai.generate", config={"prompt": "Say hello"}))
    workflow = create_workflow(actor=bob, name="AI", definition=graph(ask, edge("start", "ask")))
    assert not is_kept(run_of(workflow, bob), "ask")
    assert is_kept(run_of(workflow, bob), "ask")
    route = ModelRoute.objects.first()
    assert route is not None
    route.save()
    assert not is_kept(run_of(workflow, bob), "ask")


@ASKING
@pytest.mark.parametrize(("method", "sent"), [("GET", 1), ("PUT", 2), ("DELETE", 2)])
def test_what_acts_on_the_world_is_done_each_time(
    bob: User, echo: Echo, method: str, sent: int
) -> None:
    """A repeat after a crash does no harm there; one that was promised and never sent does."""
    call = kept(node("call", "http.request", config={"url": f"{echo.origin}/", "method": method}))
    workflow = create_workflow(actor=bob, name="Put", definition=graph(call, edge("start", "call")))
    assert [run_of(workflow, bob).status for _ in range(2)] == ["succeeded"] * 2
    assert len(echo.heard) == sent


def rotates(credential: StoredCredential, actor: User) -> None:
    rotate_credential(credential, actor=actor, values={"token": SECRET + "-new"})


def binds_anew(credential: StoredCredential, actor: User) -> None:
    hosts = [*credential.hosts, "elsewhere.example"]
    rotate_credential(credential, actor=actor, values={"token": SECRET}, hosts=hosts)


def disables(credential: StoredCredential, actor: User) -> None:
    set_enabled(credential, actor=actor, enabled=False)


def deletes(credential: StoredCredential, actor: User) -> None:
    delete_credential(credential, actor=actor, confirmed=True)


@ASKING
@pytest.mark.parametrize("change", [rotates, binds_anew, disables, deletes])
def test_another_state_of_its_credential_begins_anew(
    alice: User, echo: Echo, change: Callable[[StoredCredential, User], None]
) -> None:
    credential = keep(alice, "bearer", hosts=[echo.origin.removeprefix("http://")])
    config = {"url": f"{echo.origin}/", "credential": str(credential.pk)}
    call = kept(node("call", "http.request", config=config))
    workflow = published(alice, graph(call, edge("start", "call")))
    runs = [carry(start_run(workflow, actor=alice, inputs={})) for _ in range(2)]
    assert [is_kept(run, "call") for run in runs] == [False, True]
    change(credential, alice)
    assert step(carry(start_run(workflow, actor=alice, inputs={})), "call").saved_usd is None


def test_failures_are_not_kept(bob: User) -> None:
    failing = {**kept(code("work", "1 // 0")), "on_error": "continue"}
    workflow = create_workflow(
        actor=bob, name="Bad", definition=graph(failing, edge("start", "work"))
    )
    run_of(workflow, bob)
    assert not KeptResult.objects.exists()
