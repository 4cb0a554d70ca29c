"""Moving runs to a newer version of their workflow."""

from django.db import transaction
from django.db.models import F

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.dispatch.models import Ticket
from apps.runs.engine import engine
from apps.runs.exceptions import NoSuchVersion, NotMovable
from apps.runs.interpreter.ledger import Ledger
from apps.runs.models import NodeRun, Run
from apps.runs.moving import Move
from apps.runs.state.course import Stored

STANDING = {
    Run.Status.WAITING: Ticket.Status.WAITING,
    Run.Status.PAUSED: Ticket.Status.PAUSED,
}
BEYOND = 1_000_000  # more than any graph has places


def preview_move(run: Run, *, actor: User, version: int) -> Move:
    """Return what moving a run to a version would mean. Raises NoSuchVersion, NotMovable, Forbidden."""
    policies.check(actor, "control", run)
    if run.status not in STANDING:
        raise NotMovable("Only a run that waits or is paused can be moved. Pause it first.")
    found = run.workflow.versions.filter(number=version).first()
    if found is None:
        raise NoSuchVersion
    if run.version.number is not None and (found.number or 0) <= run.version.number:
        raise NotMovable(f"The run is at version {run.version.number} already. Choose a newer one.")
    return Move(run, found)


@transaction.atomic
def move_run(run: Run, *, actor: User, version: int) -> Run:
    """Let a run that stands still go on with a newer version. Raises what `preview_move` does.

    It acts for who moved it from then on: nobody borrows another person's rights for new steps.
    """
    policies.check(actor, "control", run)
    with engine().in_hand(run) as ledger:
        if ledger is None:
            raise NotMovable("A worker carries the run right now. Pause it first.")
        move = preview_move(run, actor=actor, version=version)
        if refusals := move.refusals:
            raise NotMovable(refusals[0]["message"], errors=refusals)
        before = {"version": run.version.number}
        record("run.moved", actor=actor, target=run, before=before, after={"version": version})
        _carry_over(run, move, ledger, actor)
    engine().wake(run.pk)  # what follows from the new edges is looked at
    return run


def _carry_over(run: Run, move: Move, ledger: Ledger, actor: User) -> None:
    """Write the run down at its place in the new version, and let it stand as it stood."""
    _renumber(run, move.places())
    told = {fate.node: fate.meaning for fate in move.fates if fate.meaning != "kept"}
    ledger.note(
        "run.moved", None, by=str(actor), steps=told,
        **{"from": run.version.number, "to": move.version.number},
    )  # fmt: skip
    # What two versions made together is no result of either.
    ledger.changes |= {"version": move.version, "started_by": actor, "cache_key": ""}
    ticket = STANDING[Run.Status(run.status)]
    ledger.release(Stored(move.state, {}), wake_seen=ledger.lease.wake, ticket=ticket)


def _renumber(run: Run, places: dict[str, int]) -> None:
    """Give the rows of steps their places in the new graph; no two may share one on the way."""
    rows = NodeRun.objects.filter(run=run, frame="")
    rows.update(place=F("place") + BEYOND)
    for row in (changed := list(rows)):
        row.place = places[row.node]
    NodeRun.objects.bulk_update(changed, ["place"], batch_size=500)
