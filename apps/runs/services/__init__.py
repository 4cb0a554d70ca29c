"""Starting, steering and repeating runs, and deciding what they wait for."""

from apps.runs.services.attending import settle_attention
from apps.runs.services.deciding import decide
from apps.runs.services.many import steer_many
from apps.runs.services.moving import move_run, preview_move
from apps.runs.services.repeating import rerun, retry_run
from apps.runs.services.starting import find_run, start_run
from apps.runs.services.steering import cancel_run, pause_run, resume_run, terminate_run

__all__ = [
    "cancel_run",
    "decide",
    "find_run",
    "move_run",
    "pause_run",
    "preview_move",
    "rerun",
    "resume_run",
    "retry_run",
    "settle_attention",
    "start_run",
    "steer_many",
    "terminate_run",
]
