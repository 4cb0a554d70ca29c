"""Writing prompts: versions that stay, labels that move, and who may."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import ProgrammingError, transaction

from apps.accounts.models import User
from apps.accounts.services.roles import create_role
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, NotFound
from apps.common.types import JSONDict
from apps.gateway.exceptions import NameTaken
from apps.gateway.models import Prompt, PromptVersion
from apps.gateway.prompts import services
from apps.gateway.prompts.exceptions import BadPrompt, NothingNew, PromptUsed
from apps.gateway.prompts.library import find
from apps.workflows.services import create_workflow, publish_workflow, update_workflow
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.gateway.prompts.writing import content, written
from tests.runs.interpreter.test_semantics import graph
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db


def actions() -> list[str]:
    found = AuditEntry.objects.filter(target_type="prompt").order_by("at", "id")
    return list(found.values_list("action", flat=True))


def using(reference: str) -> dict[str, object]:
    step = node("ai", "ai.generate", config={"prompt_ref": reference})
    return graph(step, edge("start", "ai"))


def test_versions_and_labels(bob: User) -> None:
    prompt = written(bob, "Answer {{ question }}")
    services.add_version(prompt, actor=bob, content=content("Answer shortly"), notes="Shorter")
    services.set_label(prompt, "production", actor=bob, number=1)
    leads = {each: find(f"reply{each}") for each in ("", "@1", "@2", "@production")}
    assert [each.reference if each else None for each in leads.values()] == [
        "reply@2", "reply@1", "reply@2", "reply@1",
    ]  # fmt: skip
    services.set_label(prompt, "production", actor=bob, number=2)
    moved = find("reply@production")
    assert moved is not None
    assert moved.reference == "reply@2"
    services.remove_label(prompt, "production", actor=bob)
    assert (find("reply@production"), find("reply@9"), find("nobody")) == (None, None, None)
    services.change_prompt(prompt, actor=bob, changes={"name": "Reply", "description": "To people"})
    services.delete_prompt(prompt, actor=bob)
    assert actions() == [
        "prompt.added", "prompt.version_added", "prompt.label_moved", "prompt.label_moved",
        "prompt.label_removed", "prompt.changed", "prompt.deleted",
    ]  # fmt: skip


def test_what_would_change_nothing_is_refused(bob: User) -> None:
    prompt = written(bob)
    with pytest.raises(NothingNew):
        services.add_version(prompt, actor=bob, content=content("Answer {{ question }}"))
    with pytest.raises(NameTaken):
        written(bob)
    with pytest.raises(NotFound):
        services.set_label(prompt, "production", actor=bob, number=2)
    with pytest.raises(NotFound):
        services.remove_label(prompt, "production", actor=bob)
    for name in ("Production", "2nd", ""):
        with pytest.raises(BadPrompt):
            services.set_label(prompt, name, actor=bob, number=1)
    with pytest.raises(BadPrompt):
        written(bob, slug="9")


def test_a_version_is_never_altered(bob: User) -> None:
    version = written(bob).versions.get()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        PromptVersion.objects.filter(pk=version.pk).update(content={})


def test_who_runs_but_does_not_build_changes_nothing(bob: User, oscar: User, vera: User) -> None:
    prompt = written(bob)
    changes: list[tuple[Callable[..., object], JSONDict]] = [
        (services.create_prompt, {"slug": "other", "content": content("x")}),
        (partial(services.add_version, prompt), {"content": content("x")}),
        (partial(services.change_prompt, prompt), {"changes": {"name": "x"}}),
        (partial(services.set_label, prompt, "production"), {"number": 1}),
        (partial(services.remove_label, prompt, "production"), {}),
        (partial(services.delete_prompt, prompt), {}),
    ]
    for actor in (oscar, vera):
        for change, given in changes:
            with pytest.raises(Forbidden):
                change(actor=actor, **given)
    assert actions() == ["prompt.added"]


def test_who_uses_a_prompt_is_named_to_who_may_see_it(alice: User, bob: User) -> None:
    prompt = written(bob)
    create_workflow(actor=bob, name="Takeover of Acme", definition=using("reply"))
    create_role(label="Writer", permissions=["prompt.view", "prompt.edit"], actor=alice)
    writer = member("Ann", "writer")
    with pytest.raises(PromptUsed, match="Used by a workflow that you may not see"):
        services.delete_prompt(prompt, actor=writer)
    for user, names in ((writer, False), (bob, True)):
        page = browser(user).get("/relaycore/prompts/reply/").content.decode()
        assert ("Takeover of Acme" in page) is names
        assert page.count('id="id_name"') == page.count('id="label_name"') == 1


def test_what_a_workflow_uses_stays(bob: User) -> None:
    prompt = written(bob)
    services.set_label(prompt, "production", actor=bob, number=1)
    workflow = create_workflow(actor=bob, name="Support", definition=using("reply@production"))
    written(bob, slug="reply-shortly")
    with pytest.raises(PromptUsed, match="Used by Support"):
        services.delete_prompt(prompt, actor=bob)
    with pytest.raises(PromptUsed):
        services.remove_label(prompt, "production", actor=bob)
    publish_workflow(workflow, actor=bob)
    changes = {"definition": using("")}
    update_workflow(workflow, actor=bob, revision=None, changes=changes)
    with pytest.raises(PromptUsed):  # what is published asks for it still
        services.delete_prompt(prompt, actor=bob)
    workflow.refresh_from_db()
    publish_workflow(workflow, actor=bob)
    services.delete_prompt(prompt, actor=bob)
    assert list(Prompt.objects.values_list("slug", flat=True)) == ["reply-shortly"]
