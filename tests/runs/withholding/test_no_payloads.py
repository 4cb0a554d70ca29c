"""Workflows that keep no payloads: what was got and given is sealed while a run goes on, then gone."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.classification.veil import is_sealed
from apps.common.types import JSONDict
from apps.dispatch.models import Chore
from apps.retention.services import place_hold, release_hold
from apps.runs.exceptions import PayloadsNotKept
from apps.runs.models import Run, Wait, Withheld
from apps.runs.services import decide, rerun, retry_run
from apps.runs.state.forgetting import FORGET, forget
from apps.runs.state.parts import ALL, Part
from apps.runs.state.withholding import revealed
from tests.classification.search import places_of
from tests.factories.runs import Start, carry, carry_family, error_of, step
from tests.runs.scenes import published
from tests.runs.withholding.test_withholding import asking_about, code, marked, transform
from tests.workflows.definitions import node

pytestmark = pytest.mark.django_db

SAID = "plain-marker-77"
KEEPS_NOTHING: JSONDict = {"keep_payloads": False}


def keeping_nothing(*steps: JSONDict, **more: Any) -> JSONDict:
    return marked(*steps, settings=KEEPS_NOTHING, **more)


def test_only_shapes_and_sizes_stay(start: Start) -> None:
    make = transform("make", said="{{ input.plain }}", n=4)
    run = carry(start(keeping_nothing(make, body={"to": "{{ input.plain }}"}), plain=SAID))
    assert run.status == "succeeded", run.error
    assert places_of(SAID) == []
    output: Any = step(run, "make").output
    assert is_sealed(output)
    assert (output["shape"], output["size"]) == ({"said": "text", "n": "number"}, 35)
    assert revealed(run, run.outputs) == {"to": SAID}  # for whoever waits for the answer
    forget(run.pk)
    run.refresh_from_db()
    assert not Withheld.objects.exists()
    assert run.erased_at is not None
    assert revealed(run, run.outputs) != {"to": SAID}
    assert not Chore.objects.filter(kind=FORGET).exists()


def test_it_is_forgotten_when_it_is_over(start: Start) -> None:
    run = carry(start(keeping_nothing(), plain=SAID))
    assert Chore.objects.filter(kind=FORGET, subject=run.pk).exists()


def test_what_is_alike_has_other_digests_in_other_runs(start: Start) -> None:
    one, two = (carry(start(keeping_nothing(), plain=SAID)) for _ in range(2))
    assert one.inputs["digest"] != two.inputs["digest"]


def test_what_it_prints_and_why_it_fails_is_not_kept(start: Start) -> None:
    source = "print(inputs['who'])\nraise ValueError(inputs['who'])"
    run = carry(start(keeping_nothing(code("work", source, who="{{ input.plain }}")), plain=SAID))
    assert run.status == "failed"
    assert error_of(run)["code"] == "code_failed"
    assert places_of(SAID) == []


def test_a_question_keeps_its_own_words_and_no_values(start: Start, bob: User) -> None:
    definition = asking_about(title="May it go out?", fields=[{"name": "code", "type": "text"}])
    definition["settings"] = KEEPS_NOTHING
    run = carry(start(definition, plain="x", note=SAID))
    wait = Wait.objects.get(run=run)
    assert wait.title == "May it go out?"
    assert wait.body.startswith("[payload:")
    decide(wait, actor=bob, decision="approved", form={"code": SAID})
    run = carry(Run.objects.get(pk=run.pk))
    assert run.status == "succeeded", run.error
    assert places_of(SAID) == []
    assert revealed(run, run.outputs) == SAID


def test_a_retry_is_refused_with_the_reason(start: Start, bob: User) -> None:
    run = carry(start(keeping_nothing(code("work", "raise ValueError('x')")), plain=SAID))
    with pytest.raises(PayloadsNotKept, match="keeps no payloads"):
        retry_run(run, actor=bob)
    again = rerun(run, actor=bob, part=Part(ALL), inputs={"plain": "other"})
    assert again.keeps_payloads is False


def test_an_inner_run_that_keeps_nothing_leaves_nothing(start: Start, bob: User) -> None:
    inner = published(bob, keeping_nothing(body={"said": "{{ input.plain }}!"}), "Inner")
    config = {"workflow": str(inner.pk), "inputs": {"plain": SAID}}
    call = node("call", "flow.run", config=config)
    run = carry_family(start(marked(call, body="{{ nodes.call.output.outputs.said }}"), plain="x"))
    assert run.status == "succeeded", run.error
    child = Run.objects.get(parent=run)
    assert is_sealed(child.inputs)
    assert is_sealed(child.outputs)
    for each in (run, child):
        forget(each.pk)
    child.refresh_from_db()
    assert child.erased_at is not None
    assert run.outputs == f"{SAID}!"


def test_a_legal_hold_is_stronger(start: Start, bob: User, alice: User) -> None:
    run = carry(start(keeping_nothing(), plain=SAID))
    hold = place_hold(actor=alice, workflow=run.workflow, reason="Case 7")
    forget(run.pk)
    assert Withheld.objects.exists()
    release_hold(hold, actor=alice)
    forget(run.pk)
    assert not Withheld.objects.exists()
