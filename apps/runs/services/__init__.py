"""Starting, steering and repeating runs, deciding what they ask and signalling what they wait for."""

from apps.runs.services.deciding import decide, decide_by_link, find_link
from apps.runs.services.repeating import retry_run
from apps.runs.services.signalling import send_signal
from apps.runs.services.starting import find_run, start_run
from apps.runs.services.steering import cancel_run, pause_run, resume_run

__all__ = [
    "cancel_run",
    "decide",
    "decide_by_link",
    "find_link",
    "find_run",
    "pause_run",
    "resume_run",
    "retry_run",
    "send_signal",
    "start_run",
]
