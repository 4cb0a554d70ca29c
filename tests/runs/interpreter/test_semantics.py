"""What a graph means when it runs: skips, joins, ports, errors, outputs."""

from typing import Any

import pytest

from apps.nodes.base import NodeError
from apps.runs.state.outcomes import failure_of
from tests.factories.runs import Start, carry, error_of, events, step, steps
from tests.workflows.definitions import edge, greeting, node


def graph(*parts: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Return a definition of nodes and edges, with a start that takes anything."""
    begin = node("start", "core.start", config={"fields": []})
    nodes = [begin, *(part for part in parts if "id" in part)]
    edges = [part for part in parts if "source" in part]
    return {"schema": 1, "nodes": nodes, "edges": edges, "settings": settings}


def transform(name: str, value: Any = 1, **rest: Any) -> dict[str, Any]:
    fields = [{"name": "n", "value": value}]
    return node(name, "data.transform", config={"mode": "set", "fields": fields}, **rest)


def when(name: str, condition: Any) -> dict[str, Any]:
    return node(name, "logic.if", config={"condition": condition})


def code(name: str, source: str, **rest: Any) -> dict[str, Any]:
    return node(name, "code.python", config={"source": source, "inputs": {}}, **rest)


def test_a_run_answers_what_respond_returned(start: Start) -> None:
    run = carry(start(greeting(), who="Ada"))
    assert (run.status, run.outputs, run.error) == ("succeeded", "Hello Ada", None)
    assert events(run) == [
        "run.queued", "run.started", "node.succeeded start", "node.succeeded greet",
        "node.succeeded reply", "run.succeeded",
    ]  # fmt: skip
    assert (step(run, "greet").input or {})["fields"] == [{"name": "text", "value": "Hello Ada"}]


def test_without_respond_the_last_output_counts(start: Start) -> None:
    run = carry(start(graph(transform("a", "{{ input.x * 2 }}"), edge("start", "a")), x=21))
    assert run.outputs == {"n": 42}


def test_the_port_not_taken_is_skipped_to_the_end(start: Start) -> None:
    run = carry(
        start(
            graph(
                when("if", "{{ input.x > 1 }}"), transform("yes"), transform("no"), transform("after"),
                edge("start", "if"), edge("if", "yes", "true"), edge("if", "no", "false"),
                edge("no", "after"),
            ),
            x=2,
        )
    )  # fmt: skip
    assert steps(run) == {
        "start": "succeeded", "if": "succeeded", "yes": "succeeded", "no": "skipped", "after": "skipped",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "join", "status"),
    [
        ((True, True), "all", "succeeded"),
        ((True, False), "all", "succeeded"),
        ((False, False), "all", "skipped"),
        ((True, False), "any", "succeeded"),
        ((False, False), "any", "skipped"),
        ((True, True), {"n": 2}, "succeeded"),
        ((True, False), {"n": 2}, "skipped"),
    ],
)
def test_joins(start: Start, taken: tuple[bool, bool], join: Any, status: str) -> None:
    run = carry(
        start(
            graph(
                transform("a"), transform("b"), transform("join", join=join),
                edge("start", "a", when="input.a"), edge("start", "b", when="input.b"),
                edge("a", "join"), edge("b", "join"),
            ),
            a=taken[0], b=taken[1],
        )
    )  # fmt: skip
    assert run.status == "succeeded"
    assert steps(run)["join"] == status


def test_an_any_join_runs_once(start: Start) -> None:
    run = carry(
        start(
            graph(
                transform("a"), transform("b"), transform("join", join="any"),
                edge("start", "a"), edge("start", "b"), edge("a", "join"), edge("b", "join"),
            )
        )
    )  # fmt: skip
    assert events(run).count("node.succeeded join") == 1


def test_a_disabled_step_hands_on_what_it_got(start: Start) -> None:
    run = carry(
        start(
            graph(transform("a", 7), transform("b", 8, disabled=True), transform("c", "{{ prev.n }}"),
                  edge("start", "a"), edge("a", "b"), edge("b", "c"))
        )
    )  # fmt: skip
    assert run.outputs == {"n": 7}


def test_a_failure_that_nobody_handles_fails_the_run(start: Start) -> None:
    run = carry(start(graph(transform("a", "{{ input.lost }}"), edge("start", "a")), x=1))
    assert run.status == "failed"
    assert error_of(run)["node"] == "a"
    assert error_of(run)["code"] == "expression_failed"
    assert "there is: x" in error_of(run)["message"]
    assert events(run)[-2:] == ["node.failed a", "run.failed"]


def test_code_stopped_at_a_limit_says_so_in_words(start: Start) -> None:
    run = carry(start(graph(code("a", "'x' * 10 ** 10"), edge("start", "a"))))
    assert error_of(run)["code"] == "code_stopped"
    assert error_of(run)["message"] == "The code ran into its memory limit and was stopped."
    assert "128 MiB" in error_of(run)["hint"]


@pytest.mark.parametrize(
    ("on_error", "expected"),
    [
        ({"on_error": "branch"}, {"n": "code_failed"}),
        ({"on_error": "default", "default_output": {"code": "instead"}}, {"n": "instead"}),
        ({"on_error": "continue"}, {"n": "nothing"}),
    ],
)
def test_handled_failures(start: Start, on_error: dict[str, Any], expected: Any) -> None:
    port = "error" if on_error["on_error"] == "branch" else "out"
    run = carry(
        start(
            graph(
                code("a", "1 / 0", **on_error),
                transform("b", "{{ prev.code if prev else 'nothing' }}"),
                edge("start", "a"), edge("a", "b", port),
            )
        )
    )  # fmt: skip
    assert (run.status, run.outputs) == ("succeeded", expected)
    assert steps(run)["a"] == "failed"


def test_the_error_port_is_skipped_on_success(start: Start) -> None:
    run = carry(
        start(
            graph(code("a", "1", on_error="branch"), transform("ok"), transform("bad"),
                  edge("start", "a"), edge("a", "ok"), edge("a", "bad", "error"))
        )
    )  # fmt: skip
    assert steps(run) == {
        "start": "succeeded",
        "a": "succeeded",
        "ok": "succeeded",
        "bad": "skipped",
    }


def test_a_condition_that_fails_names_its_edge(start: Start) -> None:
    run = carry(start(graph(transform("a"), edge("start", "a", when="input.lost > 1"))))
    assert error_of(run)["code"] == "condition_failed"
    assert error_of(run)["node"] == "start"


def test_a_failure_cancels_what_runs_beside_it(start: Start) -> None:
    run = carry(
        start(
            graph(code("slow", "while True: pass"), code("bad", "1 / 0"),
                  edge("start", "slow"), edge("start", "bad"))
        )
    )  # fmt: skip
    assert run.status == "failed"
    assert steps(run) == {"start": "succeeded", "slow": "cancelled", "bad": "failed"}


def test_outputs_of_named_steps_and_wide_fan_out(start: Start) -> None:
    parts = [transform(f"w{i}", f"{{{{ prev.base + {i} }}}}") for i in range(150)]
    total = " + ".join(f"nodes.w{i}.output.n" for i in (0, 50, 149))
    run = carry(
        start(
            graph(*parts, transform("sum", f"{{{{ {total} }}}}"),
                  *(edge("start", f"w{i}") for i in range(150)),
                  *(edge(f"w{i}", "sum") for i in range(150))),
            base=1,
        )
    )  # fmt: skip
    assert run.outputs == {"n": 3 + 199}


@pytest.mark.parametrize(
    ("source", "kept"),
    [(r"'x\x00y'", "xy"), (r"'x\ud800y'", "x\ufffdy"), ("'\U0001f600'", "\U0001f600")],
)
def test_texts_that_no_database_takes_are_cleaned(start: Start, source: str, kept: str) -> None:
    run = carry(start(graph(code("a", source), edge("start", "a"))))
    assert (run.outputs or {}).get("result") == kept


def test_too_large_an_output_is_the_steps_error(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.runs.state.outcomes.MAX_OUTPUT", 1000)
    run = carry(start(graph(code("a", "'x' * 2000"), edge("start", "a"))))
    assert error_of(run)["code"] == "output_too_large"


def test_one_broken_expression_does_not_break_its_neighbours(start: Start) -> None:
    endless = "{{ [i * j for i in range(9999) for j in range(9999)] }}"
    run = carry(
        start(
            graph(transform("bad", endless, on_error="continue"), transform("good", "{{ input.x }}"),
                  edge("start", "bad"), edge("start", "good")),
            x=5,
        )
    )  # fmt: skip
    assert run.status == "succeeded"
    assert error_of(step(run, "bad"))["code"] == "limit_exceeded"
    assert step(run, "good").output == {"n": 5}


def test_a_result_of_the_wrong_type_is_the_fields_error(start: Start) -> None:
    run = carry(
        start(graph(node("w", "flow.wait", config={"seconds": "{{ 'soon' }}"}), edge("start", "w")))
    )
    assert error_of(run)["code"] == "bad_config"
    assert "seconds" in error_of(run)["message"]


NUL = r"{{ 'a\x00b' }}"


def test_what_the_database_cannot_hold_is_taken_out_of_a_question(start: Start) -> None:
    ask = node("ask", "human.approval", config={"title": NUL, "body": NUL})
    run = carry(start(graph(ask, edge("start", "ask"))))
    assert run.status == "waiting"
    assert set(run.waits.values_list("title", "body")) == {("ab", "ab")}


def test_what_the_database_cannot_hold_is_taken_out_of_logs(start: Start) -> None:
    run = carry(start(graph(code("a", r"print('a\x00b')"), edge("start", "a"))))
    assert (run.status, step(run, "a").logs) == ("succeeded", ["ab\n"])


def test_what_the_database_cannot_hold_is_taken_out_of_a_failure() -> None:
    failure = failure_of(NodeError("http_500", "HTTP 500: a\0b\ud800", hint="\0"))
    assert failure.as_json() == {"code": "http_500", "message": "HTTP 500: ab?", "hint": ""}
