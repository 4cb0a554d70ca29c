"""One answer of people lets something happen once; and an answer inside another workflow counts too."""

from typing import Any

import pytest

from apps.accounts.models import Role, RoleBinding, User
from apps.accounts.roles import BUILTIN
from apps.runs.exceptions import PastAQuestion
from apps.runs.models import Run, Wait
from apps.runs.services import decide, rerun, retry_run, start_run
from apps.runs.state.parts import ALL, FROM, ONLY, Part
from apps.workflows.models import Workflow
from tests.factories.runs import carry, carry_family, steps
from tests.factories.targets import Crowd
from tests.runs.interpreter.test_inner_runs import calls
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.runs.scenes import asking, published, started
from tests.workflows.definitions import edge, node

PINNED = Part(ALL, pins={"call": {"run": "", "outputs": "paid"}})


def pay(crowd: Crowd, method: str = "POST", **rest: Any) -> dict[str, Any]:
    return node("pay", "http.request", config={"method": method, "url": crowd.origin}, **rest)


def asked(*behind: dict[str, Any]) -> dict[str, Any]:
    """Start, ask, then what an approval lets happen."""
    question = node("ask", "human.approval", config={"title": "Pay?"})
    first = next(part["id"] for part in behind if "id" in part)
    return graph(question, *behind, edge("start", "ask"), edge("ask", first, port="approved"))


def approved(run: Run, actor: User) -> Run:
    decide(Wait.objects.open().get(run=carry(run)), actor=actor, decision="approved")
    return carry_family(Run.objects.get(pk=run.pk))


@pytest.fixture
def paid(crowd: Crowd, bob: User, oscar: User) -> Run:
    """A run that was approved and has paid; what follows failed."""
    part = asked(pay(crowd), code("note", "1 // 0"), edge("pay", "note"))
    run = approved(start_run(published(bob, part), actor=oscar, inputs={}), bob)
    assert (run.status, steps(run)["pay"], crowd.asked) == ("failed", "succeeded", 1)
    return run


class TestOneAnswer:
    def test_what_it_let_happen_is_not_done_again(
        self, paid: Run, crowd: Crowd, oscar: User
    ) -> None:
        for part in (Part(FROM, "pay"), Part(ONLY, "pay")):
            with pytest.raises(PastAQuestion):
                rerun(paid, actor=oscar, part=part)
        assert crowd.asked == 1

    def test_what_failed_behind_it_is_tried_again(
        self, paid: Run, crowd: Crowd, oscar: User
    ) -> None:
        again = carry(retry_run(paid, actor=oscar))
        assert (steps(again)["ask"], steps(again)["pay"], crowd.asked) == ("succeeded",) * 2 + (1,)
        with pytest.raises(PastAQuestion):  # nor by a detour over the retry
            rerun(again, actor=oscar, part=Part(FROM, "pay"))

    def test_with_a_new_answer_it_is(self, paid: Run, crowd: Crowd, bob: User, oscar: User) -> None:
        again = approved(rerun(paid, actor=oscar, part=Part(FROM, "ask")), bob)
        assert (steps(again)["pay"], crowd.asked) == ("succeeded", 2)

    def test_who_may_edit_the_workflow_may_do_it_again(
        self, paid: Run, crowd: Crowd, bob: User
    ) -> None:
        carry(rerun(paid, actor=bob, part=Part(FROM, "pay")))
        assert crowd.asked == 2

    def test_what_failed_itself_may_be_tried_again(
        self, crowd: Crowd, bob: User, oscar: User
    ) -> None:
        broken = published(bob, asked(pay(crowd, timeout_s=0.001)))
        run = approved(start_run(broken, actor=oscar, inputs={}), bob)
        assert steps(run)["pay"] == "failed"
        assert retry_run(run, actor=oscar).retry_of == run

    def test_what_only_computes_or_reads_is_done_again(
        self, crowd: Crowd, bob: User, oscar: User
    ) -> None:
        part = asked(
            transform("sum"), pay(crowd, "GET"), code("note", "1 // 0"),
            edge("sum", "pay"), edge("pay", "note"),
        )  # fmt: skip
        run = approved(start_run(published(bob, part), actor=oscar, inputs={}), bob)
        assert carry(rerun(run, actor=oscar, part=Part(FROM, "sum"))).status == "failed"
        assert crowd.asked == 2

    def test_rounds_that_paid_are_not_begun_anew(
        self, crowd: Crowd, bob: User, oscar: User
    ) -> None:
        each = node("each", "flow.each", config={"items": "{{ [1, 0] }}", "max_parallel": 1})
        check = {**transform("check", "{{ 1 // item }}"), "parent": "each"}
        inner = {**pay(crowd), "parent": "each"}
        part = asked(each, check, inner, edge("check", "pay"))
        run = approved(start_run(published(bob, part), actor=oscar, inputs={}), bob)
        assert (steps(run)["each"], crowd.asked) == ("failed", 1)
        with pytest.raises(PastAQuestion):
            rerun(run, actor=oscar, part=Part(FROM, "each"))


class TestInnerQuestions:
    """A step that runs a workflow in which people are asked stands for their answer."""

    @pytest.fixture
    def outer(self, bob: User) -> Workflow:
        return published(bob, calls(published(bob, asking())), "Outer")

    def test_its_output_is_not_made_up(self, outer: Workflow, oscar: User) -> None:
        with pytest.raises(PastAQuestion):
            start_run(outer, actor=oscar, inputs={"who": "Ada"}, part=PINNED)
        assert not Run.objects.exists()

    def test_nor_in_a_repeat(self, outer: Workflow, bob: User, oscar: User) -> None:
        run = carry_family(started(outer, oscar))
        inner = run.children.get()
        decide(Wait.objects.get(run=inner), actor=bob, decision="rejected")
        run = carry_family(run)
        assert run.status == "succeeded"
        for part in (PINNED, Part(ONLY, "after")):
            with pytest.raises(PastAQuestion):
                rerun(run, actor=oscar, part=part)

    def test_who_publishes_the_outer_workflow_may(self, outer: Workflow, bob: User) -> None:
        run = carry(start_run(outer, actor=bob, inputs={"who": "Ada"}, part=PINNED))
        assert run.outputs == {"n": "paid"}

    def test_who_may_only_edit_it_may_not(self, outer: Workflow, bob: User) -> None:
        rights = sorted(BUILTIN["builder"] - {"workflow.publish"})
        role = Role.objects.create(name="editor", label="Editor", permissions=rights)
        RoleBinding.objects.filter(user=bob).update(role=role)
        editor = User.objects.get(pk=bob.pk)
        with pytest.raises(PastAQuestion):
            start_run(outer, actor=editor, inputs={"who": "Ada"}, part=PINNED)

    def test_however_deep_it_lies(self, outer: Workflow, bob: User, oscar: User) -> None:
        outermost = published(bob, calls(outer), "Outermost")
        with pytest.raises(PastAQuestion):
            start_run(outermost, actor=oscar, inputs={"who": "Ada"}, part=PINNED)

    def test_where_nobody_is_asked_it_may_be_given(self, bob: User, oscar: User) -> None:
        plain = published(bob, calls(published(bob)), "Plain")
        run = carry(start_run(plain, actor=oscar, inputs={"who": "Ada"}, part=PINNED))
        assert run.outputs == {"n": "paid"}
