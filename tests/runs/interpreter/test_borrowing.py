"""Steps with credentials: sent at the moment of the request, and found nowhere afterwards."""

import json
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.accounts.services import change_role
from apps.audit.models import AuditEntry
from apps.credentials.models import CredentialUse, StoredCredential
from apps.credentials.services import delete_credential, rotate_credential, set_enabled
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow, publish_workflow
from tests.credentials.keeping import SECRET, keep
from tests.factories.runs import carry, error_of, step
from tests.factories.targets import Echo
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import graph
from tests.workflows.definitions import edge, node

# Credentials are read by another connection.
pytestmark = pytest.mark.django_db(transaction=True)


def kept(alice: User, echo: Echo, kind: str = "bearer") -> StoredCredential:
    return keep(alice, kind, hosts=[echo.origin.removeprefix("http://")])


def calling(echo: Echo, credential: StoredCredential) -> dict[str, Any]:
    config = {"url": f"{echo.origin}/", "credential": str(credential.pk)}
    return graph(node("call", "http.request", config=config), edge("start", "call"))


def begin(definition: dict[str, Any], actor: User, *, published: bool = False) -> Run:
    workflow = create_workflow(actor=actor, name="Under test", definition=definition)
    if published:
        version = publish_workflow(workflow, actor=actor)
        return start_run(version.workflow, actor=actor, inputs={})
    return start_run(workflow, actor=actor, inputs={}, version="draft")


def everything_kept() -> str:
    """Return all that is in the tables of the workspace, as text."""
    texts = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f"SELECT coalesce(string_agg(t::text, ''), '') FROM \"{table}\" t")
            texts.append(cursor.fetchone()[0])
    return "".join(texts)


@pytest.mark.parametrize("kind", ["bearer", "query", "headers"])
def test_it_is_sent_and_nothing_that_is_kept_holds_it(
    alice: User, bob: User, echo: Echo, kind: str
) -> None:
    run = carry(begin(calling(echo, kept(alice, echo, kind)), bob))
    assert run.status == "succeeded"
    assert SECRET in echo.heard[0]
    assert "•••" in json.dumps(step(run, "call").output, ensure_ascii=False)
    found = everything_kept()
    assert "•••" in found  # what was said back is in it
    assert SECRET not in found


def test_a_run_is_noted_once_however_often_it_calls(alice: User, bob: User, echo: Echo) -> None:
    credential = kept(alice, echo)
    config = {"url": f"{echo.origin}/", "credential": str(credential.pk)}
    call = inside("each", node("call", "http.request", config=config))
    run = carry(begin(over(each(items="{{ [1, 2, 3] }}"), call), bob))
    assert (run.status, len(echo.heard)) == ("succeeded", 3)
    entry = AuditEntry.objects.get(action="credential.used")
    assert (entry.actor_id, entry.target_id) == (str(bob.pk), str(credential.pk))
    assert entry.after == {"run": str(run.pk), "workflow": str(run.workflow_id)}
    assert CredentialUse.objects.get().run_id == run.pk
    credential.refresh_from_db()
    assert credential.last_used_at is not None
    assert credential.last_workflow_id == run.workflow_id


def test_the_next_request_has_what_it_was_rotated_to(alice: User, bob: User, echo: Echo) -> None:
    credential = kept(alice, echo)
    definition = calling(echo, credential)
    carry(begin(definition, bob))
    rotate_credential(credential, actor=alice, values={"token": "another-token-1"})
    carry(begin(definition, bob))
    assert [SECRET in said for said in echo.heard] == [True, False]
    assert "another-token-1" in echo.heard[1]


def test_without_it_nothing_is_sent_and_the_step_says_why(
    alice: User, bob: User, echo: Echo
) -> None:
    credential = kept(alice, echo)
    first, second = (begin(calling(echo, credential), bob) for _ in range(2))
    set_enabled(credential, actor=alice, enabled=False)
    error = error_of(step(carry(first), "call"))
    assert (error["code"], error["message"]) == (
        "credential_disabled", "The credential “Stock bearer” is disabled.",
    )  # fmt: skip
    delete_credential(credential, actor=alice, confirmed=True)
    assert error_of(step(carry(second), "call"))["code"] == "credential_missing"
    assert echo.heard == []


def test_a_draft_has_the_rights_of_who_runs_it_and_a_version_of_who_published(
    alice: User, bob: User, oscar: User, echo: Echo
) -> None:
    credential = kept(alice, echo)
    draft = begin(calling(echo, credential), bob)
    live = begin(calling(echo, credential), bob, published=True)
    change_role(bob, role="operator", actor=alice)
    error = error_of(step(carry(draft), "call"))
    assert error["code"] == "credential_forbidden"
    assert echo.heard == []
    assert carry(live).status == "succeeded"
    again = start_run(Workflow.objects.get(pk=live.workflow_id), actor=oscar, inputs={})
    assert carry(again).status == "succeeded"


def test_an_address_that_it_is_not_for_is_not_asked(alice: User, bob: User, echo: Echo) -> None:
    credential = keep(alice)
    error = error_of(step(carry(begin(calling(echo, credential), bob)), "call"))
    assert (
        "“Stock bearer” is not for 127.0.0.1. It may be sent to: api.example.com"
        in error["message"]
    )
    assert echo.heard == []
