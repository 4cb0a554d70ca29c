"""What callers of webhooks are answered: sandboxed, whatever a workflow puts into it."""

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet

from apps.classification.veil import resolved
from apps.common.errors import DomainError
from apps.common.types import JSON, JSONDict
from apps.runs.models import NodeRun, Run
from apps.runs.state import payloads, withholding
from apps.runs.watching.following import is_settled
from apps.triggers.configs import AnswerMode
from apps.triggers.webhooks import RESPOND, Accepted

ALLOWED = frozenset(
    {
        "cache-control", "content-disposition", "content-language", "content-type", "etag", "expires",
        "last-modified", "location", "retry-after",
    }
)  # fmt: skip
JSON_TYPE, TEXT_TYPE = "application/json", "text/plain; charset=utf-8"
PRINTABLE = re.compile(r"[\x20-\x7e]{0,2000}")
NO_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class RunFailed(DomainError):
    """The workflow did not come to its end. Its run says why, to those who may see it."""

    status, code = HTTPStatus.INTERNAL_SERVER_ERROR, "run_failed"


@dataclass(frozen=True)
class Answer:
    """An answer as it goes over the wire."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def started(accepted: Accepted, status: str = "") -> Answer:
    """Say which run was started, and how far it is."""
    told = {"run": str(accepted.run.pk), "status": status or accepted.run.status}
    return _json(told, HTTPStatus.ACCEPTED)


def known() -> Answer:
    """Say that an event was taken before, and nothing of what came of it."""
    return _json({"status": "duplicate"}, HTTPStatus.ACCEPTED)


def is_answerable(run_id: UUID | str) -> bool:
    """Tell whether a run that is to respond has done so, or never will."""
    return _responses(run_id).exists() or is_settled(run_id)


def outcome(accepted: Accepted) -> Answer:
    """Return what a run that was waited for answers. Raises RunFailed.

    One that goes on, or waits for a person, is told of like one that was just started.
    """
    run = accepted.run
    if not run.is_finished:  # when it was accepted
        run = Run.objects.defer("inputs", "state").get(pk=run.pk)
    with withholding.veiled(run):  # whoever calls is answered what the workflow says
        return _outcome(run, accepted)


def _outcome(run: Run, accepted: Accepted) -> Answer:
    if accepted.config.answer == AnswerMode.RESPOND:
        response = _responses(run.pk).order_by("finished_at", "place").first()
        output = None if response is None else resolved(response.output)
        if isinstance(output, dict):
            return responded(output)
    if not run.is_finished:
        return started(accepted, run.status)
    if run.status != Run.Status.SUCCEEDED:
        raise RunFailed(extra={"run": str(run.pk), "run_status": run.status})
    return _json(payloads.read(run.outputs, run.outputs_blob), HTTPStatus.OK)


def responded(output: JSONDict) -> Answer:
    """Return the answer that a Respond step describes, as far as a workflow may say it."""
    status = int(output.get("status") or HTTPStatus.OK)
    status = status if status >= HTTPStatus.OK else HTTPStatus.OK
    headers = _allowed(output.get("headers") or {})
    body = output.get("body")
    if status in NO_BODY:
        headers.pop("content-type", None)
        return Answer(status, b"", headers)
    if isinstance(body, str):
        content = body.encode()
        headers.setdefault("content-type", TEXT_TYPE)
    else:
        content = _encoded(body)
        headers.setdefault("content-type", JSON_TYPE)
    return Answer(status, content, headers)


def _responses(run_id: UUID | str) -> QuerySet[NodeRun]:
    return NodeRun.objects.filter(run_id=run_id, type=RESPOND, status=NodeRun.Status.SUCCEEDED)


def _allowed(headers: JSONDict) -> dict[str, str]:
    """Keep the headers that a workflow may set; an address elsewhere is none of them."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        key, text = str(name).lower(), str(value)
        if key in ALLOWED and PRINTABLE.fullmatch(text) and (key != "location" or _is_here(text)):
            found[key] = text
    return found


def _is_here(address: str) -> bool:
    """Tell whether an address is a path of this site, also as browsers read it."""
    return bool(re.fullmatch(r"/(?![/\\])[^\\]*", address))


def _json(value: JSON, status: int) -> Answer:
    return Answer(status, _encoded(value), {"content-type": JSON_TYPE})


def _encoded(value: JSON) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).encode()
