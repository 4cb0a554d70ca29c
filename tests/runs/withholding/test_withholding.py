"""Marked values are in no row of a run: placeholders stand there, and the run knows what they were."""

import logging
from itertools import pairwise
from typing import Any

import pytest
from django.core import mail

from apps.accounts.models import User
from apps.classification.placeholders import PLACEHOLDER
from apps.common.logs import LineFormatter
from apps.common.types import JSONDict
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.notifications.outbox import send_due
from apps.runs.models import Run, RunEvent, Signal, Wait, Withheld
from apps.runs.services import decide, rerun, retry_run, send_signal, start_run
from apps.runs.state import withholding
from apps.runs.state.parts import ALL, Part
from apps.runs.state.withholding import revealed
from tests.classification.search import places_of
from tests.factories.runs import Start, carry, carry_family, error_of, fire_timers, step
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.django_db

MAIL, NOTE = "ada.marker@example.test", "Diagnosis “x7-marker”\nline two é"
FIELDS = [
    {"name": "email", "type": "text", "data_class": "personal"},
    {"name": "note", "type": "paragraph", "data_class": "health"},
    {"name": "smoker", "type": "bool", "data_class": "health"},
    {"name": "plain", "type": "text"},
]


def marked(*steps: JSONDict, body: Any = "Hello {{ input.email }}", **more: Any) -> JSONDict:
    """Start with marked fields, do the steps one after the other, answer."""
    nodes = [
        node("start", "core.start", config={"fields": [dict(each) for each in FIELDS]}),
        *steps,
        node("reply", "core.respond", config={"body": body}),
    ]
    ids = [each["id"] for each in nodes if "parent" not in each]
    edges = [edge(one, two) for one, two in pairwise(ids)]
    return {"schema": 1, "nodes": nodes, "edges": edges, "settings": {}, **more}


def transform(name: str, /, **values: Any) -> JSONDict:
    fields = [{"name": each, "value": value} for each, value in values.items()]
    return node(name, "data.transform", config={"fields": fields})


def code(name: str, source: str, **inputs: Any) -> JSONDict:
    return node(name, "code.python", config={"source": source, "inputs": inputs})


def nowhere() -> None:
    assert places_of(MAIL) == []
    assert places_of(NOTE) == []


INPUTS: JSONDict = {"email": MAIL, "note": NOTE, "smoker": True, "plain": "open-marker"}


def test_no_row_holds_a_marked_value(start: Start) -> None:
    make = transform(
        "make", all="{{ input }}", said="{{ input.note }} of {{ input.email }}",
        upper="{{ input.email.upper() }}", is_so="{{ input.smoker }}",
    )  # fmt: skip
    body = {"to": "{{ input.email }}", "made": "{{ nodes.make.output }}"}
    run = carry(start(marked(make, body=body), **INPUTS))
    assert run.status == "succeeded", run.error
    assert run.veil_id == run.pk
    nowhere()
    assert places_of(MAIL.upper()) == []
    assert places_of("open-marker")  # what is planted without a mark is found
    assert PLACEHOLDER.fullmatch(run.inputs["smoker"])
    assert PLACEHOLDER.fullmatch((run.outputs or {})["made"]["is_so"])
    assert revealed(run, run.inputs) == INPUTS
    made = revealed(run, run.outputs)["made"]
    assert (made["said"], made["upper"], made["is_so"]) == (f"{NOTE} of {MAIL}", MAIL.upper(), True)


def test_a_run_without_marks_withholds_nothing(start: Start) -> None:
    run = carry(start(marked(), email="", note="", plain="open"))
    assert run.status == "succeeded", run.error
    assert run.veil_id is None
    assert not Withheld.objects.exists()


def test_what_code_prints_encodes_and_says_is_withheld(start: Start) -> None:
    source = "print('for', inputs['who'])\nraise ValueError('no balance for ' + inputs['who'])"
    run = carry(start(marked(code("work", source, who="{{ input.email }}")), **INPUTS))
    assert run.status == "failed"
    assert "no balance for [personal:" in error_of(run)["message"]
    nowhere()


def test_what_the_log_says_of_a_run_is_withheld(start: Start) -> None:
    run = carry(start(marked(), **INPUTS))
    record = logging.makeLogRecord({"msg": f"Could not greet {MAIL}", "levelname": "ERROR"})
    with withholding.veiled(run):
        line = LineFormatter().format(record)
    assert MAIL not in line
    assert "Could not greet [personal:" in line


def test_rounds_and_what_they_know(start: Start) -> None:
    each = node("each", "flow.each", config={"items": "{{ [input.email, input.note, 3] }}"})
    inside = {**transform("inside", got="{{ item }} and {{ input.smoker }}"), "parent": "each"}
    run = carry(start(marked(each, inside, body="{{ nodes.each.output }}"), **INPUTS))
    assert run.status == "succeeded", run.error
    nowhere()
    assert revealed(run, run.outputs)["results"][0]["got"].startswith(MAIL)


def test_a_run_inside_another_shares_what_is_withheld(start: Start, bob: User) -> None:
    inner = published(bob, marked(body={"hello": "{{ input.email }}"}), "Inner")
    call = node(
        "call", "flow.run",
        config={"workflow": str(inner.pk), "inputs": {"email": "{{ input.email }}"}},
    )  # fmt: skip
    run = carry_family(start(marked(call, body="{{ nodes.call.output.outputs }}"), **INPUTS))
    assert run.status == "succeeded", run.error
    nowhere()
    assert set(Run.objects.values_list("veil_id", flat=True)) == {run.pk}
    assert revealed(run, run.outputs) == {"hello": MAIL}


def test_who_gives_a_run_inside_a_marked_value_withholds_it_too(start: Start, bob: User) -> None:
    marks = {"output.found": "personal"}
    find = {**transform("find", found="{{ 'ada.marker' }}@example.test"), "data_classes": marks}
    inner = published(bob, marked(find, body="{{ nodes.find.output }}"), "Inner")
    call = node("call", "flow.run", config={"workflow": str(inner.pk), "inputs": {}})
    outer = marked(
        call, transform("use", got="{{ nodes.call.output.outputs.found }}"), body="{{ prev.got }}"
    )
    run = carry_family(start(outer, plain="x"))
    assert run.status == "succeeded", run.error
    assert places_of(MAIL) == []
    assert revealed(run, run.outputs) == MAIL


def test_a_marked_output_is_withheld_from_its_step_on(start: Start) -> None:
    marks = {"output.rows.*.name": "personal"}
    make = {
        **transform("make", rows="{{ [{'name': 'Grace Marker', 'n': 1}, {'name': 'Alan Marker', 'n': 2}] }}"),
        "data_classes": marks,
    }  # fmt: skip
    run = carry(start(marked(make, transform("use", first="{{ prev.rows[0].name }}!")), **INPUTS))
    assert run.status == "succeeded", run.error
    output: Any = step(run, "make").output
    assert PLACEHOLDER.fullmatch(output["rows"][1]["name"])
    assert output["rows"][1]["n"] == 2
    assert revealed(run, step(run, "use").output) == {"first": "Grace Marker!"}


def asking_about(**config: Any) -> JSONDict:
    ask = node(
        "ask", "human.approval",
        config={"title": "Write to {{ input.email }}?", "body": "Because {{ input.note }}",
                "actions": DEFAULT_ACTIONS, **config},
        data_classes={"output.form.code": "secret"},
    )  # fmt: skip
    definition = marked(ask, body="{{ nodes.ask.output.form.code }}")
    definition["edges"][-1]["source_port"] = "approved"
    return definition


def test_questions_mails_and_answers(start: Start, bob: User, alice: User) -> None:
    definition = asking_about(assignees=[bob.email], fields=[{"name": "code", "type": "text"}])
    run = carry(start(definition, **INPUTS))
    assert run.status == "waiting", run.error
    while send_due():
        pass
    assert mail.outbox
    assert not any(
        word in f"{each.body} {each.subject}"
        for each in mail.outbox
        for word in (MAIL, "x7-marker")
    )
    wait = Wait.objects.get(run=run)
    decide(
        wait, actor=bob, decision="approved", form={"code": "code-marker-9"}, comment=f"For {MAIL}"
    )
    run = carry(Run.objects.get(pk=run.pk))
    assert run.status == "succeeded", run.error
    nowhere()
    assert places_of("code-marker-9") == []
    assert revealed(run, run.outputs) == "code-marker-9"
    wait.refresh_from_db()
    assert wait.comment.startswith("For [personal:")


def waiting_for() -> JSONDict:
    wait = node(
        "wait", "flow.signal", config={"name": "paid", "key": "{{ input.email }}"},
        data_classes={"output.payload.card": "financial"},
    )  # fmt: skip
    return marked(wait, body="{{ nodes.wait.output.payload.card }}")


def test_signals_are_found_by_a_key_that_nobody_can_read(start: Start, bob: User) -> None:
    run = carry(start(waiting_for(), **INPUTS))
    assert run.status == "waiting", run.error
    payload = {"card": "4111-marker-1111"}
    for _ in range(2):
        send_signal(actor=bob, name="paid", key=MAIL, payload=payload, external_id="p-1")
    assert Signal.objects.count() == 1
    run = carry(run)
    assert run.status == "succeeded", run.error
    nowhere()
    assert places_of("4111-marker-1111") == []
    assert revealed(run, run.outputs) == "4111-marker-1111"


def test_an_early_signal_is_kept_without_its_values(start: Start, bob: User) -> None:
    run = start(waiting_for(), **INPUTS)
    send_signal(actor=bob, name="paid", key=MAIL, payload={"card": "4111-marker-1111"}, run=run)
    nowhere()
    assert places_of("4111-marker-1111") == []
    carry(run)
    fire_timers(run)
    run = carry(run)
    assert run.status == "succeeded", run.error
    assert revealed(run, run.outputs) == "4111-marker-1111"


def failing_once() -> JSONDict:
    work = code("work", "raise ValueError('x')", who="{{ nodes.make.output.mail }}")
    return marked(transform("make", mail="{{ input.email }}"), work)


def test_a_retry_takes_over_what_is_withheld(start: Start, bob: User) -> None:
    run = carry(start(failing_once(), **INPUTS))
    again = carry(retry_run(run, actor=bob))
    assert again.veil_id == again.pk
    assert revealed(again, step(again, "make").output) == {"mail": MAIL}
    nowhere()


def test_placeholders_in_a_form_stand_for_their_values(start: Start, bob: User) -> None:
    run = carry(start(marked(), **INPUTS))
    inputs = {**run.inputs, "plain": "other"}
    again = carry(rerun(run, actor=bob, part=Part(ALL), inputs=inputs))
    assert revealed(again, again.inputs) == {**INPUTS, "plain": "other"}
    nowhere()


def test_placeholders_of_another_run_are_only_words(start: Start) -> None:
    stolen = carry(start(marked(), **INPUTS)).inputs["email"]
    run = carry(start(marked(body="{{ input.plain }}"), plain=stolen, email="x@example.test"))
    assert revealed(run, run.outputs) == stolen


def test_names_differ_from_run_to_run(start: Start) -> None:
    one, two = (carry(start(marked(), **INPUTS)) for _ in range(2))
    assert one.inputs["email"] != two.inputs["email"]


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_over_at_once(bob: User) -> None:
    workflow = published(bob, marked(transform("make", mail="{{ input.email }}")))
    run = start_run(workflow, actor=bob, inputs=INPUTS, is_awaited=True)
    run.refresh_from_db()
    assert run.status == "succeeded"
    nowhere()
    assert revealed(run, run.outputs) == f"Hello {MAIL}"


def test_results_are_not_kept_by_what_is_withheld(start: Start) -> None:
    definition = marked()
    definition["settings"] = {"cache_ttl_s": 600}
    run = carry(start(definition, **INPUTS))
    assert run.cache_key == ""


def test_many_values_are_withheld_with_their_rows(start: Start, monkeypatch: Any) -> None:
    monkeypatch.setattr("apps.classification.register.MOST", 20)
    monkeypatch.setattr("apps.classification.veil.MOST", 20)
    rows = "{{ [{'name': 'Person Marker ' + str(i)} for i in range(60)] }}"
    make = {**transform("make", rows=rows), "data_classes": {"output.rows.*.name": "personal"}}
    run = carry(start(marked(make, body="{{ nodes.make.output.rows[59].name }}"), plain="x"))
    assert run.status == "succeeded", run.error
    assert places_of("Person Marker 59") == []
    assert revealed(run, run.outputs) == "Person Marker 59"


def test_the_history_tells_no_value(start: Start) -> None:
    run = carry(start(marked(transform("make", long="{{ 'x' * 195 + input.email }}")), **INPUTS))
    told = " ".join(str(each.data) for each in RunEvent.objects.filter(run=run))
    assert "ada.m" not in told
