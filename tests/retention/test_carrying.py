"""Deleting what is over its time: what goes, what stays, what proves it, and deaths in between."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import chain, checking
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.files.models import Blob, Discarded
from apps.files.storage import Folder
from apps.notifications import services as notifications
from apps.notifications.models import Mail, Notification
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.retention import trail
from apps.retention.carrying import carry, chained
from apps.retention.classes import RULED
from apps.retention.models import RetentionJob
from apps.retention.services import change_rules, place_hold, release_hold, start_job
from apps.runs.approvals import links
from apps.runs.models import DecisionLink, NodeRun, Run, RunEvent, Wait
from apps.runs.services import cancel_run, retry_run
from apps.tenants.context import current_schema, maintenance
from apps.workflows.services import delete_workflow, purge_workflow
from tests.factories.runs import Start, carry_family, error_of, family, step
from tests.factories.runs import carry as carried
from tests.factories.storage import away, grown_old
from tests.faults.auditor import audit_run, blobs
from tests.runs.interpreter.test_rounds import over
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.scenes import asking, published, started
from tests.runs.state.test_payloads import BIG, resumed
from tests.workflows.definitions import edge, node

pytestmark = pytest.mark.usefixtures("folder")


def large() -> dict[str, Any]:
    return graph(transform("big", BIG), edge("start", "big"))


def aged(run: Run, days: int) -> Run:
    """Let a run have ended so many days ago, its blobs with it."""
    then = timezone.now() - timedelta(days=days)
    Run.objects.filter(pk=run.pk).update(finished_at=then, created_at=then)
    with maintenance(current_schema()):
        ids = NodeRun.objects.filter(run=run).values_list("output_blob", "input_blob")
        blobs = {each for pair in ids for each in pair} | {run.outputs_blob_id}
        Blob.objects.filter(pk__in=blobs - {None}).update(created_at=then)
    return run


def deletion(actor: User) -> RetentionJob:
    """Delete now, and return the job when it is over."""
    job = start_job(actor=actor)
    carry(job.pk)
    job.refresh_from_db()
    assert job.status == "done"
    return job


def left() -> dict[str, set[Any]]:
    """Return what there is of everything that a job may delete."""
    return {
        "runs": set(Run.objects.values_list("pk", flat=True)),
        "steps": set(NodeRun.objects.values_list("run", "node")),
        "events": set(RunEvent.objects.values_list("run", "seq")),
        "blobs": {(blob.pk, blob.removed_at is None) for blob in Blob.objects.all()},
        "discarded": set(Discarded.objects.values_list("name", flat=True)),
    }


def files_in(folder: Folder) -> set[str]:
    return {path.name for path in folder.root.rglob("*") if path.is_file()}


class TestWhatGoes:
    def test_each_class_at_its_time(self, start: Start, alice: User, folder: Folder) -> None:
        fresh, payloads, history, gone = (
            aged(carried(start(large())), days) for days in (1, 31, 61, 91)
        )
        job = deletion(alice)
        # Large values of three, the timelines of two, and one whole.
        assert {name: job.counts[name] for name in ("history", "runs")} == {"history": 2, "runs": 1}
        assert set(Run.objects.all()) == {fresh, payloads, history}
        assert step(fresh, "big").output_blob.removed_at is None  # type: ignore[union-attr]
        for run in (payloads, history):
            assert step(run, "big").output_blob.removed_at is not None  # type: ignore[union-attr]
        assert payloads.events.exists()
        assert not history.events.exists()
        history.refresh_from_db()
        assert history.history_removed_at is not None
        assert not NodeRun.objects.filter(run=gone.pk).exists()
        assert files_in(folder) == {blob.pk.hex for blob in Blob.objects.present()}
        assert blobs([]) == []
        assert audit_run(fresh) == []

    def test_what_was_removed_is_never_taken_for_the_value(
        self, start: Start, alice: User, bob: User
    ) -> None:
        definition = graph(
            transform("big", BIG), transform("bad", "{{ len(prev.n) / input.zero }}"),
            edge("start", "big"), edge("big", "bad"),
        )  # fmt: skip
        run = aged(carried(start(definition, zero=0)), 40)
        deletion(alice)
        retried = carried(retry_run(run, actor=bob))
        assert error_of(retried)["code"] == "blob_removed"

    def test_a_value_that_a_younger_run_took_over_stays(
        self, start: Start, alice: User, bob: User
    ) -> None:
        definition = graph(
            transform("big", BIG), transform("bad", "{{ len(prev.n) / input.zero }}"),
            edge("start", "big"), edge("big", "bad"),
        )  # fmt: skip
        run = carried(start(definition, zero=0))
        retried = carried(retry_run(run, actor=bob))
        aged(run, 100)
        deletion(alice)
        assert set(Run.objects.all()) == {retried}
        blob = step(retried, "big").output_blob
        assert blob is not None
        assert blob.removed_at is None
        assert blobs([]) == []

    def test_unfinished_runs_stay_however_old(self, start: Start, alice: User) -> None:
        run = start(large())
        Run.objects.update(created_at=timezone.now() - timedelta(days=900))
        deletion(alice)
        assert Run.objects.filter(pk=run.pk).exists()

    def test_a_run_inside_of_another_stays_as_long_as_that_one(
        self, start: Start, alice: User, bob: User
    ) -> None:
        call = node(
            "call", "flow.run", config={"workflow": str(published(bob).pk), "inputs": {"who": "x"}}
        )
        asks = node("ask", "human.approval", config={"title": "Go on?", "body": "x"})
        parent = carry_family(start(over(call, asks, edge("call", "ask"))))
        [_, child] = family(parent)
        aged(child, 200)
        assert deletion(alice).counts == {}
        cancel_run(parent, actor=bob)
        aged(parent, 200)
        job = deletion(alice)
        assert job.counts["runs"] == 2
        assert not Run.objects.exists()

    def test_the_trail_goes_by_its_own_rule(self, alice: User) -> None:
        with maintenance(current_schema()):
            AuditEntry.objects.update(at=timezone.now() - timedelta(days=401))
        old = set(AuditEntry.objects.values_list("pk", flat=True))
        chain.link()
        new = record("x.done", actor=alice)
        trail.link_pending()
        job = deletion(alice)
        assert job.counts["audit"] == len(old)
        assert not AuditEntry.objects.filter(pk__in=old).exists()
        trail.link_pending()
        assert checking.verify().wrong == ""
        assert new in AuditEntry.objects.all()

    def test_what_people_were_told_goes_and_mails_on_their_way_stay(
        self, alice: User, bob: User
    ) -> None:
        letter = Letter("welcome", "News", {"tenant": {"name": "Alpha"}, "address": "x"})
        for day, key in enumerate(("old", "new")):
            notices = [Notice(alice, key, letter=letter), Notice(bob, key)]
            notifications.tell(notices, kind="test", key=key)
            then = timezone.now() - timedelta(days=91 - 2 * day)
            Notification.objects.filter(key=key).update(created_at=then)
            Mail.objects.filter(key__startswith=key).update(updated_at=then)
        assert deletion(alice).counts == {"notices": 2}
        assert set(Notification.objects.values_list("key", flat=True)) == {"new"}
        assert Mail.objects.count() == 2  # not sent yet, however old
        Mail.objects.update(status=Mail.Status.SENT)
        assert deletion(alice).counts == {"notices": 1}
        assert Mail.objects.get().key.startswith("new")

    def test_links_go_once_their_time_is_over(self, bob: User, alice: User) -> None:
        wait = Wait.objects.get(run=carried(started(published(bob, asking()), bob)))
        for hours in (1, -25):
            links.make(wait, alice)
            newest = DecisionLink.objects.order_by("-pk")[:1].values("pk")
            at = timezone.now() + timedelta(hours=hours)
            DecisionLink.objects.filter(pk__in=newest).update(expires_at=at)
        assert deletion(alice).counts == {"links": 1}
        assert DecisionLink.objects.get().expires_at > timezone.now()

    def test_for_ever_is_for_ever(self, start: Start, alice: User) -> None:
        change_rules(dict.fromkeys(RULED), actor=alice)
        run = aged(carried(start(large())), 3000)
        assert deletion(alice).counts == {}
        assert run.events.exists()
        assert blobs([]) == []


def test_a_purged_workflow_leaves_nothing_in_the_storage(
    start: Start, alice: User, folder: Folder
) -> None:
    run = aged(carried(start(large())), 2)
    assert files_in(folder)
    delete_workflow(run.workflow, actor=alice)
    purge_workflow(run.workflow, actor=alice)
    job = deletion(alice)
    assert set(job.counts) == {"orphans"}
    assert not Blob.objects.exists()
    assert files_in(folder) == set()


class TestProof:
    def test_the_digest_chains_what_was_deleted(self, start: Start, alice: User) -> None:
        change_rules({"payloads": None, "history": None}, actor=alice)
        runs = [
            aged(carried(start(graph(transform("a"), edge("start", "a")))), d) for d in (93, 92, 91)
        ]
        job = deletion(alice)
        assert job.counts == {"runs": 3}
        assert job.digest == chained("", "runs", [run.pk for run in runs])
        entry = AuditEntry.objects.get(action="retention.finished")
        assert entry.target_id == str(job.pk)
        assert entry.after is not None
        assert (entry.after["digest"], entry.after["counts"]) == (job.digest, {"runs": 3})

    def test_a_day_without_anything_to_delete_is_no_entry(self, alice: User) -> None:
        from apps.retention.services import due_job

        job = due_job()
        assert job is not None
        carry(job)
        assert due_job() is None
        assert not AuditEntry.objects.filter(action="retention.finished").exists()


class TestHolds:
    def test_a_held_workflow_keeps_everything(self, start: Start, alice: User) -> None:
        held, _ = (aged(carried(start(large())), 200) for _ in range(2))
        hold = place_hold(actor=alice, workflow=held.workflow, reason="Case 7")
        deletion(alice)
        assert set(Run.objects.all()) == {held}
        assert held.events.exists()
        assert step(held, "big").output_blob.removed_at is None  # type: ignore[union-attr]
        release_hold(hold, actor=alice)
        deletion(alice)
        assert not Run.objects.exists()

    def test_a_held_workspace_keeps_everything(self, start: Start, alice: User) -> None:
        aged(carried(start(large())), 200)
        grown_old(Blob.objects.first())  # type: ignore[arg-type]
        before = left()
        place_hold(actor=alice, reason="Case 8")
        assert deletion(alice).counts == {}
        assert left() == before

    def test_any_hold_keeps_the_trail(self, start: Start, alice: User) -> None:
        with maintenance(current_schema()):
            AuditEntry.objects.update(at=timezone.now() - timedelta(days=500))
        chain.link()
        run = start(large())
        place_hold(actor=alice, workflow=run.workflow, reason="Case 9")
        assert "audit" not in deletion(alice).counts

    def test_a_hold_that_comes_in_the_middle_counts(
        self, start: Start, alice: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(type(RULED["runs"]), "batch", 1)
        runs = [
            aged(carried(start(graph(transform("a"), edge("start", "a")))), 95) for _ in range(3)
        ]
        job = start_job(actor=alice)
        original = type(RULED["runs"]).delete

        def held_after(self: Any, ids: Any) -> None:
            original(self, ids)
            if Run.objects.count() == 2:
                place_hold(actor=alice, reason="now")

        monkeypatch.setattr(type(RULED["runs"]), "delete", held_after)
        carry(job.pk)
        assert Run.objects.count() == 2
        assert len(runs) == 3


class Killed(BaseException):
    """What a SIGKILL leaves: the transaction is rolled back, nothing runs any more."""


@contextmanager
def dying_at(number: int) -> Iterator[list[bool]]:
    """Die before the statement with this number; tells whether that many came."""
    statements, died = count(1), [False]

    def strike(execute: Any, *args: Any) -> Any:
        if next(statements) == number:
            died[0] = True
            raise Killed
        return execute(*args)

    with connection.execute_wrapper(strike):
        yield died


class TestDeaths:
    """F26: killed before each of its statements, a job ends the same, and takes nothing else."""

    def test_killed_at_each_step(
        self, start: Start, alice: User, folder: Folder, tmp_path: Path
    ) -> None:
        kept = aged(carried(start(large())), 5)
        for days in (31, 61, 91):
            aged(carried(start(large())), days)
        job = start_job(actor=alice)
        shutil.copytree(folder.root, tmp_path / "before")
        whole = self._ending(job, folder, tmp_path, die_at=0)
        assert kept.pk in whole["runs"]
        for number in count(1):
            ending = self._ending(job, folder, tmp_path, die_at=number)
            assert {k: v for k, v in ending.items() if k != "died"} == {
                k: v for k, v in whole.items() if k != "died"
            }, f"killed before statement {number}"
            if not ending["died"]:
                break
        assert number > 40

    def _ending(
        self, job: RetentionJob, folder: Folder, tmp_path: Path, *, die_at: int
    ) -> dict[str, Any]:
        """Return how the job ends after a death, then put everything back."""
        try:
            with transaction.atomic():
                died = self._killed(job.pk, die_at)
                carry(job.pk)
                job.refresh_from_db()
                found = {
                    **left(), "died": died, "counts": job.counts, "digest": job.digest,
                    "status": job.status, "files": files_in(folder),
                    "proofs": AuditEntry.objects.filter(action="retention.finished").count(),
                }  # fmt: skip
                raise Undo
        except Undo:
            shutil.rmtree(folder.root)
            shutil.copytree(tmp_path / "before", folder.root)
        return found

    def _killed(self, job_id: UUID, die_at: int) -> bool:
        with dying_at(die_at) as died, suppress(Killed):
            carry(job_id)
        transaction.set_rollback(False)  # the batch was rolled back to where it began
        return died[0]

    def test_a_storage_that_is_away_is_waited_for(
        self, start: Start, alice: User, folder: Folder
    ) -> None:
        aged(carried(start(large())), 100)
        job = start_job(actor=alice)
        with away(folder):
            carry(job.pk)
        job.refresh_from_db()
        assert (job.status, "storage" in job.trouble) == ("running", True)
        carry(job.pk)
        job.refresh_from_db()
        assert (job.status, job.trouble) == ("done", "")
        assert not Discarded.objects.exists()


class Undo(Exception):
    """Roll back."""


def test_resumed_runs_are_not_the_jobs_business(start: Start, alice: User) -> None:
    from tests.runs.state.test_payloads import chain

    run = carried(start(chain()))
    deletion(alice)
    assert resumed(run).status == "succeeded"
