"""Runs, what their steps did, what happened in order, and what they wait for."""

from apps.runs.models.runs import Run, RunQuerySet
from apps.runs.models.saved_views import SavedView, SavedViewQuerySet
from apps.runs.models.steps import KeptResult, NodeRun, RunEvent
from apps.runs.models.waits import DecisionLink, Signal, Vote, Wait, WaitQuerySet
from apps.runs.models.withheld import Withheld

__all__ = [
    "DecisionLink",
    "KeptResult",
    "NodeRun",
    "Run",
    "RunEvent",
    "RunQuerySet",
    "SavedView",
    "SavedViewQuerySet",
    "Signal",
    "Vote",
    "Wait",
    "WaitQuerySet",
    "Withheld",
]
