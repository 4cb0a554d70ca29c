"""Keeping a run as a case to try its workflow with."""

from apps.accounts.models import User
from apps.runs.models import Run
from apps.runs.state import payloads
from apps.workflows.models import DataSet
from apps.workflows.trying import save_data_set


def keep_as_data_set(run: Run, *, actor: User) -> DataSet:
    """Make a data set of a run's inputs; of one that succeeded, its answer is what should come out.

    Raises BadDataSet where it is too large or kept already, InBin, Forbidden, StorageAway.
    """
    succeeded = run.status == Run.Status.SUCCEEDED
    changes = {
        "name": f"Run {run.pk.hex[-8:]}",
        "inputs": payloads.read(run.inputs, run.inputs_blob),
        "compares": succeeded,
        "expected": payloads.read(run.outputs, run.outputs_blob) if succeeded else None,
    }
    return save_data_set(run.workflow, actor=actor, changes=changes)
