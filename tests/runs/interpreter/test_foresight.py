"""Steps rendered ahead of their turn: one feed for many, and never a wrong guess that is used."""

from typing import Any

import pytest

from apps.runs.interpreter import foresight
from apps.runs.services import retry_run
from apps.sandbox import services as sandbox
from tests.factories.runs import Start, carry, error_of, step
from tests.runs.interpreter.test_rounds import each, inside, loop, over
from tests.runs.interpreter.test_semantics import graph, transform
from tests.workflows.definitions import edge


@pytest.fixture
def feeds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the jobs of each feed."""
    counted: list[int] = []
    original = sandbox.Segment.render_all

    def counting(self: sandbox.Segment, jobs: Any, names: Any) -> Any:
        counted.append(len(jobs))
        return original(self, jobs, names)

    monkeypatch.setattr(sandbox.Segment, "render_all", counting)
    return counted


def chain(*values: Any, **rest: Any) -> dict[str, Any]:
    names = [f"s{place}" for place in range(len(values))]
    parts = [transform(name, value, **rest) for name, value in zip(names, values, strict=True)]
    ways = [edge(a, b) for a, b in zip(["start", *names], names, strict=False)]
    return graph(*parts, *ways)


VALUES: list[Any] = [
    "{{ input.get('x') }}", "{{ [prev.n][0] }}", "{{ prev.n * 2 if prev.n else 7 }}", "<{{ prev.n }}>",
    "{{ nodes.s0.output.n }} and {{ nodes.s3.output.n }}", "{{ [prev.n, 1.5, None, True] }}",
    {"deep": ["{{ prev.n }}", "is {{ prev.n[2] }}"]}, "{{ len(prev.n.deep) }}",
]  # fmt: skip


@pytest.mark.parametrize("x", [3, 0, "text", "é\x00", [1, [2]], {"a": 1}, None, True, 1.25, "{{"])
def test_it_changes_nothing_but_the_number_of_feeds(
    start: Start, monkeypatch: pytest.MonkeyPatch, feeds: list[int], x: Any
) -> None:
    run = carry(start(chain(*VALUES), x=x))
    ahead = len(feeds)
    monkeypatch.setattr(foresight, "MOST", 0)
    plain = carry(start(chain(*VALUES), x=x))
    assert len(feeds) - ahead > ahead
    rows = [
        list(each.nodes.order_by("place").values_list("node", "status", "input", "output"))
        for each in (run, plain)
    ]
    assert rows[0] == rows[1]
    assert (run.status, run.outputs, run.error) == (plain.status, plain.outputs, plain.error)


def test_what_is_no_plain_json_is_rendered_again(start: Start) -> None:
    run = carry(start(chain("{{ (1, 2) }}", "{{ prev.n == [1, 2] }}", "{{ prev.n }}!"), x=1))
    assert run.outputs == {"n": "true!"}


def test_a_failure_in_the_middle_is_its_own(start: Start, feeds: list[int]) -> None:
    run = carry(start(chain("{{ 1 }}", "{{ prev.lost }}", "{{ prev.n }}"), x=1))
    assert error_of(run)["node"] == "s1"
    assert "there is: n" in error_of(run)["message"]


def test_after_a_failure_that_is_dealt_with_the_guess_is_not_used(start: Start) -> None:
    definition = chain("{{ 1 }}", "{{ prev.lost }}", "{{ prev.n + 1 }}")
    definition["nodes"][2] |= {"on_error": "default", "default_output": {"n": 41}}
    assert carry(start(definition, x=1)).outputs == {"n": 42}


def test_input_that_a_person_changed_is_used(start: Start, bob: Any) -> None:
    run = carry(start(chain("{{ 1 }}", "{{ prev.n + 1 }}", "{{ prev.n + 1 }}"), x=1))
    again = carry(retry_run(run, actor=bob, from_node="s1", inputs={"n": 10}))
    assert (again.outputs, step(again, "s1").output) == ({"n": 12}, {"n": 11})


def test_conditions_are_waited_for(start: Start) -> None:
    definition = chain("{{ 1 }}", "{{ prev.n }}", "{{ prev.n }}")
    definition["edges"][-1]["when"] = "prev.n > 1"
    run = carry(start(definition, x=1))
    assert not run.nodes.filter(node="s2", status="succeeded").exists()


def test_what_is_plain_needs_no_feed(start: Start, feeds: list[int]) -> None:
    definition = over(
        loop(until="{{ index == 9 }}"), inside("loop", transform("a", "{{ index + input.x }}"))
    )
    assert (carry(start(definition, x=1)).outputs or {})["result"] == {"n": 10}
    assert carry(start(chain("{{ input.x }}", "<{{ prev.n }}>"), x=1)).outputs == {"n": "<1>"}
    assert not feeds


def test_in_the_rounds_of_a_list(start: Start, feeds: list[int]) -> None:
    definition = over(
        each(max_parallel=50),
        inside("each", transform("a", "{{ max(item + 1, 0) }}")),
        inside("each", transform("b", "{{ prev.n * nodes.a.output.n }}")),
        edge("a", "b"),
    )
    run = carry(start(definition, orders=list(range(20))))
    assert [one["n"] for one in (run.outputs or {})["results"]] == [(n + 1) ** 2 for n in range(20)]
    assert 0 < len(feeds) <= 4


def test_a_feed_that_breaks_breaks_no_other_step(start: Start) -> None:
    run = carry(start(chain("{{ 1 }}", "{{ 'x' * 10 ** 9 }}", "{{ prev.n }}"), x=1))
    assert step(run, "s0").status == "succeeded"
    assert error_of(run)["node"] == "s1"
