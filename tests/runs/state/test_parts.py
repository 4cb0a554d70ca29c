"""Running a part: from a step, only one, up to one; with outputs given for others."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.runs.exceptions import BadInputs, BadPart, NoSuchStep, PastAQuestion, RunNotFinished
from apps.runs.interpreter.effects import key_of
from apps.runs.models import Run, Wait
from apps.runs.services import cancel_run, decide, rerun, retry_run, start_run
from apps.runs.state.parts import ALL, FROM, ONLY, UNTIL, Part
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.runs import Start, carry, events, step, steps
from tests.runs.interpreter.test_inner_runs import calls
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import graph, transform, when
from tests.runs.scenes import asking, published, started
from tests.workflows.definitions import edge, greeting


def chain() -> dict[str, Any]:
    """Return start, a, b and c, each a sum with the one before; and d beside c."""
    return graph(
        transform("a", "{{ input.x }}"), transform("b", "{{ prev.n + 1 }}"),
        transform("c", "{{ prev.n * nodes.a.output.n }}"), transform("d", "{{ prev.n }}"),
        edge("start", "a"), edge("a", "b"), edge("b", "c"), edge("b", "d"),
    )  # fmt: skip


@pytest.fixture
def done(start: Start) -> Run:
    run = carry(start(chain(), x=2))
    assert step(run, "c").output == {"n": 6}
    return run


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return create_workflow(actor=bob, name="Sums", definition=chain())


class TestRepeating:
    def test_all_of_it_is_a_first_run_of_its_own(self, done: Run, bob: User) -> None:
        run = carry(rerun(done, actor=bob, part=Part(ALL), inputs={"x": 5}))
        assert (run.retry_of, run.trigger, run.part) == (done, "manual", None)
        assert (run.version, step(run, "c").output) == (done.version, {"n": 30})
        assert key_of(run, "a") != key_of(done, "a")
        with pytest.raises(BadInputs):
            rerun(done, actor=bob, part=Part(ALL), inputs=[1])

    def test_from_here_takes_over_what_came_before(self, done: Run, bob: User) -> None:
        run = carry(rerun(done, actor=bob, part=Part(FROM, "b"), inputs={"n": 10}))
        assert step(run, "c").output == {"n": 22}
        linked = [e.node for e in run.events.all() if e.data.get("linked")]
        assert linked == ["start", "a"]
        assert (run.part or {})["mode"] == "from"

    def test_what_had_succeeded_and_runs_again_has_another_key(self, done: Run, bob: User) -> None:
        run = rerun(done, actor=bob, part=Part(FROM, "b"))
        assert key_of(run, "b") != key_of(done, "b")
        assert key_of(run, "a") == key_of(done, "a")

    def test_only_this_step(self, done: Run, bob: User) -> None:
        run = carry(rerun(done, actor=bob, part=Part(ONLY, "b")))
        assert steps(run) == {"start": "succeeded", "a": "succeeded", "b": "succeeded"}
        assert (run.status, run.outputs) == ("succeeded", {"n": 3})
        assert "node.started c" not in events(run)
        edited = carry(rerun(done, actor=bob, part=Part(ONLY, "b"), inputs={"n": 40}))
        assert edited.outputs == {"n": 41}

    def test_up_to_here(self, done: Run, bob: User) -> None:
        run = carry(rerun(done, actor=bob, part=Part(UNTIL, "b"), inputs={"x": 7}))
        assert steps(run) == {"start": "succeeded", "a": "succeeded", "b": "succeeded"}
        assert (run.status, run.outputs) == ("succeeded", {"n": 8})

    def test_a_pin_stands_in_for_a_step(self, done: Run, bob: User) -> None:
        run = carry(rerun(done, actor=bob, part=Part(FROM, "a", pins={"b": {"n": 100}})))
        assert step(run, "c").output == {"n": 200}
        pinned = step(run, "b")
        assert pinned.pinned
        assert not pinned.cost_usd
        told = [e.node for e in run.events.all() if e.data.get("pinned")]
        assert told == ["b"]

    def test_before_a_pin_nothing_runs_that_nobody_needs(self, done: Run, bob: User) -> None:
        run = carry(rerun(done, actor=bob, part=Part(UNTIL, "d", pins={"b": {"n": 1}})))
        assert steps(run) == {"b": "succeeded", "d": "succeeded"}
        named = carry(rerun(done, actor=bob, part=Part(UNTIL, "c", pins={"b": {"n": 1}})))
        assert named.outputs == {"n": 2}

    def test_what_holds_steps_runs_as_a_whole(self, start: Start, bob: User) -> None:
        rounds = over(each(), inside("each", transform("a", "{{ item + 1 }}")))
        rounds["nodes"].append(transform("last", "{{ prev.count }}"))
        rounds["edges"].append(edge("each", "last"))
        run = carry(start(rounds, orders=[1, 2]))
        again = carry(rerun(run, actor=bob, part=Part(FROM, "last")))
        assert again.outputs == {"n": 2}
        assert "node.started each" not in events(again)
        with pytest.raises(BadPart) as caught:
            rerun(run, actor=bob, part=Part(FROM, "a"))
        assert "lies inside another step" in caught.value.errors[0]["message"]

    def test_it_is_audited(self, done: Run, bob: User) -> None:
        run = rerun(done, actor=bob, part=Part(ONLY, "b"))
        entry = AuditEntry.objects.get(action="run.retried")
        assert entry.after == {"run": str(run.pk), "only": "b"}

    def test_what_is_refused(self, done: Run, start: Start, bob: User, vera: User) -> None:
        with pytest.raises(Forbidden):
            rerun(done, actor=vera, part=Part(ALL))
        with pytest.raises(RunNotFinished):
            rerun(start(chain(), x=1), actor=bob, part=Part(ALL))
        for part in (Part(FROM, "nowhere"), Part(FROM, "b", pins={"nowhere": 1})):
            with pytest.raises(NoSuchStep):
                rerun(done, actor=bob, part=part)
        with pytest.raises(BadPart):
            rerun(done, actor=bob, part=Part(ONLY, "b", pins={"b": 1}))


class TestStarting:
    def test_up_to_a_step_of_the_draft(self, workflow: Workflow, bob: User) -> None:
        part = Part(UNTIL, "a")
        run = start_run(workflow, actor=bob, inputs={"x": 3}, version="draft", part=part)
        assert carry(run).outputs == {"n": 3}
        assert set(steps(run)) == {"start", "a"}

    def test_one_step_with_what_it_needs_pinned(self, workflow: Workflow, bob: User) -> None:
        part = Part(ONLY, "c", pins={"b": {"n": 4}, "a": {"n": 5}})
        run = carry(start_run(workflow, actor=bob, inputs={}, version="draft", part=part))
        assert run.outputs == {"n": 20}
        assert set(steps(run)) == {"a", "b", "c"}

    def test_what_a_step_works_on_must_be_known(self, workflow: Workflow, bob: User) -> None:
        with pytest.raises(BadPart) as caught:
            start_run(
                workflow, actor=bob, inputs={}, version="draft", part=Part(ONLY, "c", pins={"b": 1})
            )
        assert "“a”" in caught.value.errors[0]["message"]
        assert not Run.objects.exists()

    def test_inputs_are_asked_for_where_they_matter(self, bob: User) -> None:
        greets = create_workflow(actor=bob, name="Greeting", definition=greeting())
        pins = {"start": {"who": "Ada"}}
        with pytest.raises(BadInputs):
            start_run(greets, actor=bob, inputs={}, version="draft", part=Part(ONLY, "greet", pins))
        pins = {"greet": {"text": "Hi"}}
        run = start_run(
            greets, actor=bob, inputs={}, version="draft", part=Part(ONLY, "reply", pins)
        )
        assert carry(run).outputs == "Hi"

    def test_a_pinned_step_with_several_exits_is_left_by_one(self, bob: User) -> None:
        forks = create_workflow(
            actor=bob, name="Fork",
            definition=graph(when("fork", "{{ input.x > 1 }}"), transform("yes"), transform("no"),
                             edge("start", "fork"), edge("fork", "yes", "true"),
                             edge("fork", "no", "false")),
        )  # fmt: skip

        def begin(**exits: str) -> Run:
            part = Part(ALL, pins={"fork": {}}, exits=exits)
            return start_run(forks, actor=bob, inputs={}, version="draft", part=part)

        assert steps(carry(begin(fork="false")))["yes"] == "skipped"
        with pytest.raises(BadPart):
            begin()
        with pytest.raises(BadPart):
            begin(fork="sideways")

    def test_viewers_may_not(self, workflow: Workflow, vera: User) -> None:
        with pytest.raises(Forbidden):
            start_run(workflow, actor=vera, inputs={}, version="draft", part=Part(UNTIL, "a"))


class TestPastAQuestion:
    """Who may only run a workflow is asked like everybody; who may edit it could leave that out."""

    PARTS = (
        Part(ALL, pins={"ask": {"decision": "approved"}}, exits={"ask": "approved"}),
        Part(ONLY, "pay", pins={"ask": {"decision": "approved"}}, exits={"ask": "approved"}),
        Part(ONLY, "pay"),
    )

    @pytest.fixture
    def asks(self, bob: User) -> Workflow:
        return published(bob, asking())

    @pytest.fixture
    def refused(self, asks: Workflow, bob: User, oscar: User) -> Run:
        run = carry(started(asks, oscar))
        decide(Wait.objects.get(run=run), actor=bob, decision="rejected", comment="No")
        return carry(Run.objects.get(pk=run.pk))

    @pytest.mark.parametrize("part", PARTS[:2])
    def test_at_the_start(self, asks: Workflow, bob: User, oscar: User, part: Part) -> None:
        with pytest.raises(PastAQuestion):
            start_run(asks, actor=oscar, inputs={"who": "Ada"}, part=part)
        assert not Run.objects.exists()
        run = carry(start_run(asks, actor=bob, inputs={"who": "Ada"}, part=part))
        assert run.outputs == "paid"

    @pytest.mark.parametrize("part", PARTS)
    def test_in_a_repeat(self, refused: Run, oscar: User, part: Part) -> None:
        with pytest.raises(PastAQuestion):
            rerun(refused, actor=oscar, part=part)

    def test_by_another_input_after_the_answer(self, refused: Run, oscar: User) -> None:
        with pytest.raises(PastAQuestion):
            retry_run(refused, actor=oscar, from_node="pay", inputs={"amount": 1_000_000})

    def test_what_is_asked_anew_or_stays_answered_may_be_repeated(
        self, refused: Run, oscar: User
    ) -> None:
        assert carry(rerun(refused, actor=oscar, part=Part(FROM, "pay"))).outputs != "paid"
        again = carry(rerun(refused, actor=oscar, part=Part(FROM, "ask")))
        assert again.status == "waiting"
        cancel_run(again, actor=oscar)
        pinned = Part(ALL, pins={"start": {"who": "Eve"}})
        assert carry(rerun(refused, actor=oscar, part=pinned)).status == "waiting"

    @pytest.mark.parametrize("chosen", ["", "{{ input.who }}", "no-such-id"])
    def test_inside_a_workflow_that_a_step_runs(
        self, asks: Workflow, bob: User, oscar: User, chosen: str
    ) -> None:
        definition = calls(asks)
        if chosen:
            [call] = [each for each in definition["nodes"] if each["id"] == "call"]
            call["config"]["workflow"] = chosen
        outer = published(bob, definition)
        part = Part(ALL, pins={"call": {"run": "", "outputs": "paid"}})
        given: dict[str, Any] = {"inputs": {"who": str(asks.pk)}, "part": part}
        if chosen == "no-such-id":  # which runs nothing
            assert carry(start_run(outer, actor=oscar, **given)).outputs == {"n": "paid"}
            return
        with pytest.raises(PastAQuestion):
            start_run(outer, actor=oscar, **given)
        assert carry(start_run(outer, actor=bob, **given)).outputs == {"n": "paid"}
