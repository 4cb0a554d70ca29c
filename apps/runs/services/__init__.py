"""Starting, steering and repeating runs, and deciding what they wait for."""

from apps.runs.services.deciding import decide
from apps.runs.services.repeating import retry_run
from apps.runs.services.starting import (
    checked_inputs,
    find_run,
    form_of,
    start_run,
    version_of,
)
from apps.runs.services.steering import cancel_run, pause_run, resume_run

__all__ = [
    "cancel_run",
    "checked_inputs",
    "decide",
    "find_run",
    "form_of",
    "pause_run",
    "resume_run",
    "retry_run",
    "start_run",
    "version_of",
]
