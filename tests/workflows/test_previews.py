"""Previews of expressions: what they give, what they say when they fail, and who may ask."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows import services
from apps.workflows.models import Workflow, WorkflowUpdate
from tests.factories.cast import api_client
from tests.workflows.definitions import greeting


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


def ask(client: APIClient, workflow: Workflow, text: str, **values: Any) -> Any:
    body = {"text": text, "values": values}
    return client.post(f"/api/v1/workflows/{workflow.pk}/preview/", body)


def test_one_expression_keeps_its_type_and_a_text_is_a_text(bob: User, workflow: Workflow) -> None:
    client = api_client(bob)
    assert ask(client, workflow, "{{ input.n * 2 }}", input={"n": 21}).json() == {
        "value": 42,
        "problem": "",
    }
    joined = ask(client, workflow, "Hello {{ prev.name }}", prev={"name": "Ana"})
    assert joined.json() == {"value": "Hello Ana", "problem": ""}
    assert ask(client, workflow, "no braces").json()["value"] == "no braces"
    assert WorkflowUpdate.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ input.nope }}", "there is no 'nope'; there is: n"),
        ("{{ prev.name }}", "has no value yet"),
        ("{{ input.n", "not closed"),
        ("{{ open('/etc/passwd') }}", "cannot be called"),
        ("{{ [1] * 10**9 }}", "memory"),
    ],
)
def test_what_gives_no_value_says_why(bob: User, workflow: Workflow, text: str, said: str) -> None:
    answer = ask(api_client(bob), workflow, text, input={"n": 1})
    assert (answer.status_code, answer.json()["value"]) == (200, None)
    assert said in answer.json()["problem"]


def test_a_preview_is_a_run_and_needs_its_rights(
    oscar: User, vera: User, mallory: User, beta: Tenant, workflow: Workflow
) -> None:
    for user in (oscar, vera):
        assert ask(api_client(user), workflow, "{{ 1 }}").status_code == 403
    with tenant_context(beta):
        assert ask(api_client(mallory, "beta"), workflow, "{{ 1 }}").status_code == 404
    assert ask(APIClient(HTTP_HOST="alpha.localhost"), workflow, "{{ 1 }}").status_code == 401
