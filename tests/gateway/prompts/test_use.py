"""Steps that take their words from the library, and what the ledger tells of it."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.gateway import services as gateway
from apps.gateway.models import LlmCall
from apps.gateway.prompts import services
from tests.factories.runs import Start, carry, error_of
from tests.fakeai.server import FakeProvider
from tests.gateway.calling import connect, lead
from tests.gateway.prompts.writing import content, written
from tests.runs.interpreter.test_semantics import graph
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db(transaction=True)


def asking(reference: str, **config: Any) -> dict[str, Any]:
    step = node("ai", "ai.generate", config={"prompt_ref": reference, **config})
    return graph(step, edge("start", "ai"))


def test_a_run_tells_which_version_it_used(alice: User, start: Start, fake: FakeProvider) -> None:
    lead(alice, "ok", provider=connect(fake, alice))
    prompt = written(alice, "Be {{ how }}.", "Greet {{ who }}", params={"temperature": 0.25})
    services.set_label(prompt, "production", actor=alice, number=1)
    variables = {"how": "kind", "who": "{{ input.name }}"}
    definition = asking("reply@production", variables=variables, prompt="In one line.")
    run = carry(start(definition, name="Ada"))
    assert run.status == "succeeded", run.error
    sent = fake.asked[-1].body
    assert sent["messages"] == [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "Greet Ada"},
        {"role": "user", "content": "In one line."},
    ]
    assert sent["temperature"] == 0.25
    assert (run.outputs or {})["prompt"] == "reply@1"
    services.add_version(prompt, actor=alice, content=content("Greet {{ who }} as {{ how }}"))
    services.set_label(prompt, "production", actor=alice, number=2)
    again = carry(start(definition, name="Bo"))
    assert fake.asked[-1].body["messages"][0]["content"] == "Greet Bo as kind"
    assert (again.outputs or {})["prompt"] == "reply@2"
    assert set(LlmCall.objects.values_list("prompt", flat=True)) == {"reply@1", "reply@2"}


@pytest.mark.parametrize(
    ("reference", "code"), [("nobody", "unknown_prompt"), ("reply@7", "unknown_prompt"), ("reply", "bad_variables")]
)  # fmt: skip
def test_a_step_fails_with_a_reason(alice: User, start: Start, reference: str, code: str) -> None:
    written(alice, "Answer {{ question }}")
    run = carry(start(asking(reference)))
    assert error_of(run)["code"] == code


def test_a_step_without_one_is_as_before(alice: User, start: Start) -> None:
    run = carry(
        start(graph(node("ai", "ai.generate", config={"prompt": "Hi"}), edge("start", "ai")))
    )
    assert (run.outputs or {})["prompt"] == ""
    assert gateway.DELIVERED_ROUTES[0] == LlmCall.objects.get().route
