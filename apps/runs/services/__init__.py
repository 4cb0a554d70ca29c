"""Starting, steering and repeating runs, deciding what they ask and signalling what they wait for."""

from apps.runs.services.attending import settle_attention
from apps.runs.services.deciding import decide, decide_by_link, find_link
from apps.runs.services.keeping import keep_as_data_set
from apps.runs.services.many import steer_many
from apps.runs.services.moving import move_run, preview_move
from apps.runs.services.repeating import rerun, retry_run
from apps.runs.services.revealing import erase, reveal
from apps.runs.services.saved_views import change_view, find_view, remove_view, save_view
from apps.runs.services.signalling import send_signal
from apps.runs.services.starting import find_run, start_run
from apps.runs.services.steering import cancel_run, pause_run, resume_run, terminate_run

__all__ = [
    "cancel_run",
    "change_view",
    "decide",
    "decide_by_link",
    "erase",
    "find_link",
    "find_run",
    "find_view",
    "keep_as_data_set",
    "move_run",
    "pause_run",
    "preview_move",
    "remove_view",
    "rerun",
    "resume_run",
    "retry_run",
    "reveal",
    "save_view",
    "send_signal",
    "settle_attention",
    "start_run",
    "steer_many",
    "terminate_run",
]
