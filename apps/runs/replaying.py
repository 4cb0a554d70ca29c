"""What a step asked a model, from the history of its run: for who wants to ask it of another one."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSON, JSONDict
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.gateway.exceptions import GatewayError
from apps.gateway.models import LlmCall
from apps.gateway.playground.kept import Asked
from apps.gateway.prompts.library import find
from apps.nodes.types.ai_generate import Generate
from apps.runs.as_model.asked import PROMPT
from apps.runs.models import NodeRun, Run
from apps.runs.state import payloads


def asked_by(call: LlmCall, actor: User) -> Asked | None:
    """Return what a step or a workflow was asked; None where no history that the actor may see has it."""
    if call.run_id is None:
        return None
    runs = Run.objects.select_related("inputs_blob").filter(pk=call.run_id)
    run = policies.visible(actor, runs).first()
    if run is None:
        return None
    try:
        content = _of_step(run, call) if call.node_id else _of_run(run)
    except (BlobUnusable, StorageAway, GatewayError):
        return None
    return Asked(content, "the history of its run") if content else None


def _of_step(run: Run, call: LlmCall) -> JSONDict | None:
    row = _row(run, call.node_id)
    config = payloads.read(row.input, row.input_blob) if row is not None else None
    return _content(config, call.prompt) if isinstance(config, dict) else None


def _of_run(run: Run) -> JSONDict | None:
    """Return what was said to a workflow that was asked as a model."""
    said = payloads.read(run.inputs, run.inputs_blob).get(PROMPT)
    if not _is_text(said):
        return None
    return {"messages": [{"role": "user", "content": said}], "variables": [], "params": {}}


def _row(run: Run, node: str) -> NodeRun | None:
    rows = NodeRun.objects.filter(run=run, node=node, type=Generate.name, frame="")
    return rows.select_related("input_blob").first()


def _content(config: JSONDict, prompt: str) -> JSONDict | None:
    own = [("system", config.get("system")), ("user", config.get("prompt"))]
    messages = [
        *_library(config, prompt),
        *({"role": r, "content": t} for r, t in own if _is_text(t)),
    ]
    params = {name: config.get(name) for name in ("temperature", "max_tokens")}
    return {"messages": messages, "variables": [], "params": params} if messages else None


def _library(config: JSONDict, prompt: str) -> list[JSONDict]:
    """Return what the library said, in the version that the call was made with."""
    found = find(prompt) if prompt else None
    values = config.get("variables")
    return found.content.filled(values if isinstance(values, dict) else {}) if found else []


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) and bool(value)
