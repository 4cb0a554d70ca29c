"""What a run tells its caller: words while they come, and the answer once it is over."""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn
from uuid import UUID

from django.db.models import Sum

from apps.common.types import JSON
from apps.gateway.exceptions import (
    AnswerCut,
    WorkflowFailed,
    WorkflowTimedOut,
    WorkflowUnpaid,
    WorkflowWaits,
)
from apps.gateway.models import LlmCall
from apps.gateway.usage import Usage
from apps.runs.models import Run
from apps.runs.state import payloads
from apps.runs.state.withholding import revealed
from apps.runs.watching.relay import Frame
from apps.workflows.graph import CompiledNode, Graph

SPEAKS, RESPONDS = "ai.generate", "core.respond"
# An answer that is the text of one step, as people write it.
TEXT_OF = re.compile(r"\{\{\s*(?:prev|nodes\.(?P<node>[a-z][a-z0-9_]*)\.output)(?:\.text)?\s*\}\}")


@dataclass(frozen=True)
class Outcome:
    """What a run answered, and what its steps took."""

    text: str
    usage: Usage
    cost_usd: Decimal


def outcome_of(run_id: UUID) -> Outcome:
    """Return what a run answered. Raises WorkflowFailed where there is no answer."""
    run = Run.objects.select_related("outputs_blob").get(pk=run_id)
    if run.status != Run.Status.SUCCEEDED:
        _raise(run)
    text = _text(revealed(run, payloads.read(run.outputs, run.outputs_blob)))
    sent = LlmCall.objects.filter(run_id__in=_family(run)).aggregate(
        input=Sum("input_tokens", default=0), output=Sum("output_tokens", default=0)
    )
    return Outcome(text, Usage(**sent), run.cost_usd)


def speaker_of(graph: Graph) -> str:
    """Return the step whose words are the answer; empty where only the end tells what it is."""
    answers = [node for node in graph.nodes if node.type == RESPONDS]
    if not answers:
        last = [graph.nodes[place] for place in graph.sinks]
        return last[0].id if len(last) == 1 and last[0].type == SPEAKS else ""
    quoted = TEXT_OF.fullmatch(str(answers[0].config.get("body", "")).strip())
    if len(answers) > 1 or quoted is None:
        return ""
    named = quoted["node"] or _before(answers[0], graph)
    place = graph.index.get(named)
    return named if place is not None and graph.nodes[place].type == SPEAKS else ""


class Words:
    """The words of one step, said as they come.

    A step that is tried again says everything anew: what was passed on already is not said twice.
    Words that got lost on the way are said at the end, when the whole answer is known.
    """

    def __init__(self, speaker: str) -> None:
        """Listen to one step."""
        self._speaker = speaker
        self._said = self._heard = ""
        self._is_deaf = not speaker

    def hear(self, frame: Frame | None) -> str:
        """Return what a frame has to say that is new."""
        told = frame.payload if frame is not None else {}
        if self._is_deaf or told.get("node") != self._speaker or told.get("frame"):
            return ""
        self._heard = self._heard[: told["at"]]  # from its beginning, where the step is tried again
        self._is_deaf = len(self._heard) < told["at"]
        self._heard += told["text"]
        if self._is_deaf or not self._heard.startswith(self._said):
            return ""
        new, self._said = self._heard[len(self._said) :], self._heard
        return new

    def rest(self, text: str) -> str:
        """Return what of the whole answer was not said yet. Raises AnswerCut for another answer."""
        if not text.startswith(self._said):
            raise AnswerCut("The workflow began its answer anew after a part was passed on.")
        return text[len(self._said) :]


def _raise(run: Run) -> NoReturn:
    error = run.error or {}
    if error.get("code") == WorkflowUnpaid.code:
        raise WorkflowUnpaid(str(error.get("message", "")))
    kind = WorkflowTimedOut if run.status == Run.Status.TIMED_OUT else WorkflowFailed
    if not run.is_finished:
        kind = WorkflowWaits
    said = (kind.__doc__ or "").strip()
    raise kind(f"{said} It is the run {run.pk}.")


def _family(run: Run) -> list[UUID]:
    """Return a run and those inside it, level by level."""
    found, level = [run.pk], [run.pk]
    while level:
        level = list(Run.objects.filter(parent__in=level).values_list("pk", flat=True))
        found += level
    return found


def _before(node: CompiledNode, graph: Graph) -> str:
    sources = {edge.source for edge in node.incoming}
    return graph.nodes[sources.pop()].id if len(sources) == 1 else ""


def _text(outputs: JSON) -> str:
    """Return an answer in words: a text, that of a step that writes one, or else JSON."""
    if isinstance(outputs, dict) and isinstance(outputs.get("text"), str):
        outputs = outputs["text"]
    if outputs is None or isinstance(outputs, str):
        return outputs or ""
    return json.dumps(outputs, ensure_ascii=False)
