"""Large values of runs: kept aside, read by who needs them, never taken from an unsure storage."""

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import create_folder
from apps.files.models import Blob
from apps.files.services import load
from apps.files.storage import Folder
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Run
from apps.runs.services import retry_run
from apps.runs.state import outcomes
from apps.runs.state.payloads import INLINE, read
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.accounts.test_services import guest_of
from tests.factories.cast import api_client
from tests.factories.runs import (
    Start,
    carry,
    carry_family,
    error_of,
    events,
    family,
    fire_timers,
    step,
    steps,
)
from tests.factories.storage import away
from tests.runs.interpreter.test_rounds import each, inside, over
from tests.runs.interpreter.test_semantics import code, graph, transform
from tests.runs.scenes import published
from tests.workflows.definitions import edge, node

SIZE = 400_000
BIG = f"{{{{ 'x' * {SIZE} }}}}"
URL = "/api/v1/runs/"

pytestmark = pytest.mark.usefixtures("folder")


def chain(**rest: Any) -> dict[str, Any]:
    """A large output, a wait in which it is forgotten, and a step that needs both."""
    return graph(
        transform("big", BIG), node("w", "flow.wait", config={"seconds": 60}),
        transform("use", "{{ len(nodes.big.output.n) }}", **rest),
        edge("start", "big"), edge("start", "w"), edge("big", "use"), edge("w", "use"),
    )  # fmt: skip


def resumed(run: Run) -> Run:
    fire_timers(run)
    return carry(run)


@pytest.fixture
def client(bob: User) -> APIClient:
    return api_client(bob)


class TestClaimCheck:
    def test_a_large_output_is_a_blob_and_its_reader_notices_nothing(self, start: Start) -> None:
        run = resumed(carry(start(chain())))
        assert (run.status, run.outputs) == ("succeeded", {"n": SIZE})
        row = step(run, "big")
        assert row.output_blob is not None
        assert json.loads(load(row.output_blob)) == {"n": "x" * SIZE}
        assert len(json.dumps(row.output)) < 2_000

    def test_a_small_one_stays_in_its_row(self, start: Start) -> None:
        text = "x" * (INLINE - len('{"n":""}'))
        run = carry(start(graph(transform("a", "{{ input.t }}"), edge("start", "a")), t=text))
        assert step(run, "a").output == {"n": text}
        assert step(run, "a").output_blob is None

    @pytest.mark.django_db(transaction=True)
    def test_a_step_that_reaches_outside_keeps_its_output_too(self, start: Start) -> None:
        definition = graph(
            code("big", f'"x" * {SIZE}'), transform("use", "{{ len(prev.result) }}"),
            edge("start", "big"), edge("big", "use"),
        )  # fmt: skip
        run = carry(start(definition))
        assert run.outputs == {"n": SIZE}
        assert step(run, "big").output_blob is not None

    def test_inputs_and_outputs_of_a_run(self, start: Start, client: APIClient) -> None:
        text = "y" * SIZE
        run = start(graph(transform("a", "{{ input.text }}"), edge("start", "a")), text=text)
        assert run.inputs_blob is not None
        run = carry(run)
        assert run.outputs_blob is not None
        assert client.get(f"{URL}{run.pk}/").json()["inputs"] == {"text": text}
        assert client.get(f"{URL}{run.pk}/").json()["outputs"] == {"n": text}
        again = client.post(f"/runs/{run.pk}/again/")
        assert again.status_code == 302
        newest = Run.objects.latest("created_at")
        assert newest.pk != run.pk
        assert carry(newest).status == "succeeded"
        assert client.get(f"{URL}{newest.pk}/").json()["outputs"] == {"n": text}

    def test_a_retry_refers_to_what_is_there(self, start: Start, bob: User) -> None:
        definition = graph(
            transform("big", BIG), transform("bad", "{{ len(prev.n) / input.zero }}"),
            edge("start", "big"), edge("big", "bad"),
        )  # fmt: skip
        run = carry(start(definition, zero=0))
        before = Blob.objects.count()
        retried = carry(retry_run(run, actor=bob))
        assert step(retried, "big").output_blob_id == step(run, "big").output_blob_id
        assert error_of(retried)["node"] == "bad"
        assert Blob.objects.count() == before

    def test_a_large_edited_input_is_kept_aside(self, start: Start, bob: User) -> None:
        definition = graph(
            transform("a", 1), transform("b", "{{ len(prev.t) / input.zero }}"),
            edge("start", "a"), edge("a", "b"),
        )  # fmt: skip
        run = carry(start(definition, zero=0))
        retried = retry_run(run, actor=bob, from_node="b", inputs={"t": "z" * SIZE})
        assert retried.edited_blob is not None
        assert len(json.dumps(retried.edited)) < 2_000
        assert "division by zero" in error_of(carry(retried))["message"]

    def test_too_much_is_refused(self, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(outcomes, "MAX_OUTPUT", SIZE)
        run = carry(start(graph(transform("big", BIG), edge("start", "big"))))
        assert error_of(run)["code"] == "output_too_large"
        assert step(run, "big").output_blob is None


class TestRounds:
    """Large values in rounds, in chunks of long lists and between runs."""

    def test_rounds_give_large_results(self, start: Start, client: APIClient) -> None:
        definition = over(
            each(), inside("each", transform("big", BIG)),
            transform("use", "{{ len(nodes.each.output.results) }}"), edge("each", "use"),
        )  # fmt: skip
        run = carry(start(definition, orders=[1, 2]))
        assert (run.status, run.outputs) == ("succeeded", {"n": 2})
        assert step(run, "each").output_blob is not None
        told = client.get(f"{URL}{run.pk}/nodes/", {"page_size": 2}).json()
        rest = client.get(told["next"]).json()["results"]
        last = client.get(f"{URL}{run.pk}/nodes/").json()["results"][-1]
        assert [each["node"] for each in told["results"] + rest] == ["start", "each", "use", "big"]
        assert last["frame"] == "each.1"
        assert client.get(last["output_url"]).json() == {"n": "x" * SIZE}

    def test_rounds_that_another_worker_carried(self, start: Start, folder: Folder) -> None:
        definition = over(
            each(), inside("each", transform("big", BIG)),
            inside("each", node("w", "flow.wait", config={"seconds": 60})),
            inside("each", transform("n", "{{ len(nodes.big.output.n) }}")),
            edge("big", "w"), edge("w", "n"),
        )  # fmt: skip
        run = carry(start(definition, orders=[1, 2]))
        with away(folder):
            run = resumed(run)
            assert run.status == "waiting"
        run = resumed(run)
        assert [found["n"] for found in (run.outputs or {})["results"]] == [SIZE, SIZE]

    def test_a_run_inside_gets_and_gives_large_values(self, start: Start, bob: User) -> None:
        answer = node("reply", "core.respond", config={"body": "{{ input.text }}"})
        echo = published(bob, over(answer), "Echo")
        config = {"workflow": str(echo.pk), "inputs": {"text": BIG}}
        call = node("call", "flow.run", config=config)
        run = carry_family(
            start(over(call, transform("n", "{{ len(prev.outputs) }}"), edge("call", "n")))
        )
        assert (run.status, run.outputs) == ("succeeded", {"n": SIZE})
        [_, child] = family(run)
        assert child.inputs_blob is not None
        assert child.outputs_blob is not None

    def test_chunks_of_a_long_list_share_the_inputs(
        self, start: Start, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("apps.runs.interpreter.loops.FRAMES", 1)
        monkeypatch.setattr("apps.runs.interpreter.loops.CHUNK", 1)
        definition = over(each(), inside("each", transform("big", "{{ input.text }}")))
        run = carry_family(start(definition, orders=[1, 2], text="y" * SIZE))
        assert run.status == "succeeded", run.error
        results = read(run.outputs, run.outputs_blob)["results"]
        assert results == [{"n": "y" * SIZE}] * 2
        assert {each.inputs_blob_id for each in family(run)} == {run.inputs_blob_id}


class TestApi:
    def test_lists_tell_the_beginning_and_where_the_rest_is(
        self, start: Start, client: APIClient
    ) -> None:
        run = carry(start(graph(transform("big", BIG), edge("start", "big"))))
        told = client.get(f"{URL}{run.pk}/nodes/").json()["results"][1]
        assert (told["output"]["truncated"], told["output"]["size"]) == (True, SIZE + 8)
        assert told["input_url"].endswith("/nodes/big/input/")
        answer = client.get(told["output_url"])
        assert answer.json() == {"n": "x" * SIZE}
        assert answer["Content-Disposition"].startswith("attachment")
        assert "sandbox" in answer["Content-Security-Policy"]
        assert len(client.get(told["input_url"]).content) > SIZE
        listed = client.get(URL).json()["results"][0]
        assert listed["outputs"]["truncated"] is True
        assert client.get(f"{URL}{run.pk}/").json()["outputs"] == {"n": "x" * SIZE}

    def test_a_reference_cannot_be_written_by_users(self, start: Start, client: APIClient) -> None:
        forged = {"truncated": True, "size": 9, "preview": "x", "output_blob": "1", "blob": "1"}
        run = start(graph(transform("a", "{{ input }}"), edge("start", "a")), **forged)
        told = client.get(f"{URL}{carry(run).pk}/nodes/").json()["results"][1]
        assert (told["output"], told["output_url"]) == ({"n": forged}, None)
        assert run.outputs == {"n": forged}

    def test_others_get_nothing(
        self, start: Start, mallory: User, alice: User, beta: Tenant
    ) -> None:
        guest = guest_of(create_folder(name="Elsewhere", actor=alice))
        run = carry(start(graph(transform("big", BIG), edge("start", "big"))))
        url = f"{URL}{run.pk}/nodes/big/output/"
        with tenant_context(beta):
            stranger = api_client(mallory, "beta")
        assert stranger.get(url).status_code == 404
        assert api_client(guest).get(url).status_code == 404
        assert APIClient(HTTP_HOST="alpha.localhost").get(url).status_code == 401

    def test_what_there_is_not_is_not_found(self, start: Start, client: APIClient) -> None:
        run = carry(start(graph(transform("a"), edge("start", "a"))))
        assert client.get(f"{URL}{run.pk}/nodes/gone/output/").status_code == 404
        assert client.get(f"{URL}{run.pk}/nodes/a/logs/").status_code == 404
        assert client.get(f"{URL}{run.pk}/nodes/a/output/").json() == {"n": 1}

    def test_the_page_offers_it_to_be_saved(self, start: Start, bob: User) -> None:
        run = carry(start(graph(transform("big", BIG), edge("start", "big"))))
        page = api_client(bob).get(f"/runs/{run.pk}/?node=big").content.decode()
        assert "/nodes/big/output/" in page
        assert "390.6 KiB" in page
        assert "x" * 2_000 not in page

    @pytest.mark.parametrize(("harm", "code"), [(b"", "blob_altered"), (None, "blob_missing")])
    def test_a_harmed_one_is_a_problem(
        self, start: Start, client: APIClient, folder: Folder, harm: bytes | None, code: str
    ) -> None:
        run = carry(start(graph(transform("big", BIG), edge("start", "big"))))
        _harm(folder, step(run, "big").output_blob, harm)
        answer = client.get(f"{URL}{run.pk}/nodes/big/output/")
        assert (answer.status_code, answer.json()["code"]) == (502, code)
        with away(folder):
            answer = client.get(f"{URL}{run.pk}/nodes/big/output/")
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert answer["Retry-After"]


class TestStorageAway:
    """F24: whatever the storage does, a step waits or fails with a reason, and no run is lost."""

    def test_a_computed_output_is_made_anew_when_it_is_back(
        self, start: Start, folder: Folder
    ) -> None:
        run = start(chain())
        with away(folder):
            run = carry(run)
            assert (run.status, steps(run)["big"]) == ("waiting", "retrying")
            assert error_of(step(run, "big"))["code"] == "storage_unavailable"
        run = resumed(run)
        assert resumed(run).outputs == {"n": SIZE}

    def test_what_stays_away_fails_the_step_with_a_reason(
        self, start: Start, folder: Folder
    ) -> None:
        run = start(chain())
        with away(folder):
            carry(run)
            for _ in range(3):
                run = resumed(run)
        assert (run.status, error_of(run)["code"]) == ("failed", "storage_unavailable")
        assert error_of(run)["node"] == "big"
        assert step(run, "big").attempt == 4

    @pytest.mark.django_db(transaction=True)
    def test_a_result_from_outside_is_kept_until_it_is_back(
        self, start: Start, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The step is not repeated for it: only keeping its output is."""
        monkeypatch.setattr("apps.runs.interpreter.effects.KEEP_AGAIN_S", (0.01,) * 500)
        run = start(graph(code("big", f'"x" * {SIZE}'), edge("start", "big")))
        from threading import Timer

        absent = away(folder)
        absent.__enter__()
        back = Timer(1, absent.__exit__, (None, None, None))
        back.start()
        run = carry(run)
        back.join()
        assert (run.status, step(run, "big").attempt) == ("succeeded", 1)

    def test_a_reader_waits_for_it(self, start: Start, folder: Folder) -> None:
        run = carry(start(chain()))
        with away(folder):
            run = resumed(run)
            assert (run.status, steps(run)["use"]) == ("waiting", "retrying")
        assert resumed(run).outputs == {"n": SIZE}

    @pytest.mark.parametrize(
        ("harm", "code"), [(b"x" * 99, "blob_altered"), (None, "blob_missing")]
    )
    def test_a_harmed_value_fails_its_reader_and_never_passes(
        self, start: Start, folder: Folder, harm: bytes | None, code: str
    ) -> None:
        run = carry(start(chain()))
        _harm(folder, step(run, "big").output_blob, harm)
        run = resumed(run)
        assert (run.status, error_of(run)["code"]) == ("failed", code)
        assert (error_of(run)["node"], run.outputs) == ("use", None)

    def test_a_workflow_may_deal_with_it(self, start: Start, folder: Folder) -> None:
        run = carry(start(chain(on_error="default", default_output={"n": 0})))
        _harm(folder, step(run, "big").output_blob, None)
        run = resumed(run)
        assert (run.status, step(run, "use").output) == ("succeeded", {"n": 0})

    def test_a_run_whose_answer_cannot_be_kept_ends_later(
        self, start: Start, folder: Folder
    ) -> None:
        """Its last step answers with something larger than its own output, which is small."""
        respond = node("reply", "core.respond", config={"body": "{{ input.t }}"})
        run = start(
            graph(transform("a"), respond, edge("start", "a"), edge("a", "reply")), t="y" * SIZE
        )
        with away(folder):
            advance(run.pk)
            run.refresh_from_db()
            assert not run.is_finished
        events_before = events(run)
        fire_timers(run)
        for _ in range(3):
            _let_go(run)
            advance(run.pk)
            fire_timers(run)
        run = carry(run)
        assert run.status == "succeeded"
        assert events(run)[: len(events_before)] == events_before

    def test_inputs_that_are_lost_fail_the_run_with_a_reason(
        self, start: Start, folder: Folder
    ) -> None:
        run = start(graph(transform("a"), edge("start", "a")), t="y" * SIZE)
        _harm(folder, run.inputs_blob, None)
        run = carry(run)
        assert (run.status, error_of(run)["code"]) == ("failed", "blob_missing")


def _harm(folder: Folder, blob: Blob | None, data: bytes | None) -> None:
    assert blob is not None
    path = folder.root / blob.name
    path.unlink() if data is None else path.write_bytes(data)


def _let_go(run: Run) -> None:
    """Let the lease end of a carrier that gave up."""
    from apps.dispatch.models import Ticket

    Ticket.objects.filter(pk=run.pk, status="running").update(
        status="ready", owner="", lease_until=None
    )
