"""Credentials in steps: what keeps a workflow from being published, and by whom."""

from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Folder, User
from apps.accounts.services import add_member, change_role, give_right
from apps.credentials.services import delete_credential, set_enabled
from apps.credentials.uses import HIDDEN, uses_of
from apps.workflows.exceptions import HasProblems
from apps.workflows.models import Workflow
from apps.workflows.services import (
    create_workflow,
    definition_of,
    export_workflow,
    import_workflow,
    publish_workflow,
    snapshot_draft,
)
from apps.workflows.validation import validate
from tests.credentials.keeping import SECRET, keep
from tests.workflows.definitions import edge, node


def calling(credential: object) -> dict[str, Any]:
    config = {"url": "https://api.example.com/", "credential": str(credential)}
    nodes = [node("start", "core.start"), node("call", "http.request", config=config)]
    return {"schema": 1, "nodes": nodes, "edges": [edge("start", "call")], "settings": {}}


def problems(workflow: Workflow) -> list[tuple[str, str, str]]:
    found = validate(definition_of(workflow))
    return [(each.code, each.node, each.field) for each in found]


def codes(refused: pytest.ExceptionInfo[HasProblems]) -> list[tuple[str, str]]:
    return [(entry["code"], entry["field"]) for entry in refused.value.errors]


def test_one_that_is_gone_or_disabled_is_a_problem_of_the_field(alice: User, bob: User) -> None:
    made = keep(alice)
    workflow = create_workflow(actor=bob, name="Stock", definition=calling(made.pk))
    assert problems(workflow) == []
    set_enabled(made, actor=alice, enabled=False)
    assert problems(workflow) == [("credential_disabled", "call", "credential")]
    with pytest.raises(HasProblems):
        publish_workflow(workflow, actor=bob)
    delete_credential(made, actor=alice, confirmed=True)
    assert problems(workflow) == [("credential_missing", "call", "credential")]
    for bad in (uuid4(), "no id"):
        other = create_workflow(actor=bob, name="Other", definition=calling(bad))
        assert problems(other) == [("credential_missing", "call", "credential")]


def test_no_expression_chooses_one(alice: User, bob: User) -> None:
    workflow = create_workflow(actor=bob, name="X", definition=calling("{{ input.credential }}"))
    assert problems(workflow) == [("credential_missing", "call", "credential")]


def test_who_may_not_use_it_neither_publishes_nor_runs_it(alice: User, bob: User) -> None:
    """The editor holds all rights on the workflows' folder and none on that of the credential."""
    finance, work = (Folder.objects.create(name=name) for name in ("Finance", "Work"))
    made = keep(alice, folder=finance)
    eve = add_member(email="eve@x.example", name="Eve", role="viewer", password="correct horse 7")
    give_right(work, eve, role="builder", actor=alice)
    change_role(eve, role=None, actor=alice)
    eve = User.objects.get(pk=eve.pk)
    workflow = create_workflow(actor=eve, name="Stock", definition=calling(made.pk), folder=work)
    assert problems(workflow) == []
    for attempt in (publish_workflow, snapshot_draft):
        with pytest.raises(HasProblems) as refused:
            attempt(workflow, actor=eve)
        assert codes(refused) == [("credential_forbidden", "credential")]
        assert "Stock bearer" not in str(refused.value.errors)  # she may not even see it
    snapshot_draft(workflow, actor=bob)
    with pytest.raises(HasProblems):
        snapshot_draft(workflow, actor=eve)  # also where the snapshot is there already
    assert publish_workflow(workflow, actor=bob).number == 1


def test_uses_are_told_by_name_to_who_may_see_them(alice: User, bob: User) -> None:
    work = Folder.objects.create(name="Work")
    made = keep(alice)
    draft = create_workflow(actor=bob, name="A draft", definition=calling(made.pk))
    live = create_workflow(actor=bob, name="Live", definition=calling(made.pk), folder=work)
    publish_workflow(live, actor=bob)
    create_workflow(actor=bob, name="Another", definition=calling(uuid4()))
    told = [(use.name, use.id, use.published) for use in uses_of(made.pk, alice)]
    assert told == [("A draft", draft.pk, False), ("Live", live.pk, True)]
    change_role(bob, role=None, actor=alice)
    give_right(work, bob, role="viewer", actor=alice)
    seen = uses_of(made.pk, User.objects.get(pk=bob.pk))
    assert [(use.name, use.id) for use in seen] == [(HIDDEN, None), ("Live", live.pk)]


def test_an_export_holds_no_secret_and_an_import_leaves_a_reminder(alice: User, bob: User) -> None:
    made = keep(alice)
    workflow = create_workflow(actor=bob, name="Stock", definition=calling(made.pk))
    file = export_workflow(workflow)
    assert SECRET not in str(file)
    back = import_workflow(file, actor=bob).workflow
    assert problems(back) == []  # it is the same workspace
    delete_credential(made, actor=alice, confirmed=True)
    elsewhere = import_workflow(file, actor=bob).workflow
    assert problems(elsewhere) == [("credential_left_behind", "call", "credential")]
    assert str(made.pk) not in str(export_workflow(elsewhere))
