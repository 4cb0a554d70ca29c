"""The definition of a workflow as JSON: what the API takes and gives, and versions keep."""

import hashlib
import json
import math
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from apps.classification.slugs import DataClassSlug
from apps.common.types import JSON, JSONDict
from apps.workflows.exceptions import BadDefinition

MAX_STEPS = 10_000  # attempts at steps, in one run
MAX_NODES, MAX_EDGES, MAX_BYTES = 5_000, 20_000, 4 << 20
MONTH_S = 30 * 86_400
MAX_SAFE = 2**53 - 1  # the document keeps numbers as browsers do
UNDO_PORT = "undo"
NODE_ID = r"^[a-z][a-z0-9_]{0,62}$"

NodeId = Annotated[str, Field(pattern=NODE_ID)]
# Where a value lies in what a step is given or gives; `*` is each entry of a list or object.
MarkPath = Annotated[
    str, Field(pattern=r"^(input|output)(\.([A-Za-z0-9_-]{1,63}|\*)){0,8}$", max_length=300)
]
Number = Annotated[float, Field(ge=-1e7, le=1e7)]


class Part(BaseModel):
    """A part of a definition; unknown keys are refused, so that no typing error passes in silence."""

    model_config = ConfigDict(extra="forbid")


class Retry(Part):
    """How often and when a failed step is tried again."""

    max_attempts: int = Field(4, ge=1, le=20)
    initial_s: float = Field(1, gt=0, le=3600)
    max_s: float = Field(300, gt=0, le=86_400)
    total_s: float | None = Field(None, gt=0, le=30 * 86_400)
    retry_on: list[str] = Field(default_factory=list, max_length=50)


class NofM(Part):
    """A join that waits for n of its incoming edges."""

    n: int = Field(ge=1, le=1000)


class Node(Part):
    """One step."""

    id: NodeId
    type: str = Field(min_length=1, max_length=80)
    type_version: int = Field(1, ge=1)
    title: str = Field("", max_length=200)
    notes: str = Field("", max_length=10_000)
    position: tuple[Number, Number] | None = None
    size: tuple[Number, Number] | None = None
    config: dict[str, Any] = Field(default_factory=dict)
    parent: NodeId | None = None
    disabled: bool = False
    join: Literal["all", "any"] | NofM = "all"
    retry: Retry | None = None
    undo: bool = False
    timeout_s: float | None = Field(None, gt=0, le=86_400)
    on_error: Literal["fail", "branch", "default", "continue"] = "fail"
    default_output: Any = None
    cache_ttl_s: int | None = Field(
        None,
        ge=1,
        description="Seconds for which a result answers later runs of the same version with the same "
        "input and rights. Only of a step that reads or computes: one that acts is done each time.",
    )
    data_classes: dict[MarkPath, DataClassSlug] | None = Field(
        None,
        max_length=50,
        description="Classes of data by the path of their values, such as `output.email`.",
    )


class Edge(Part):
    """A way from a port to a port; with a false `when` it is skipped."""

    source: NodeId
    source_port: str = Field("out", max_length=80)
    target: NodeId
    target_port: str = Field("in", max_length=80)
    when: str | None = Field(None, max_length=4096)
    label: str = Field("", max_length=200)

    @property
    def id(self) -> str:
        """What makes connecting twice the same as once."""
        return f"{self.source}:{self.source_port}>{self.target}:{self.target_port}"

    @property
    def undoes(self) -> bool:
        """Whether it leads to the step that takes back what its source did."""
        return self.source_port == UNDO_PORT


class Note(Part):
    """A sticky note on the canvas; as a group it is a frame behind the steps that stand on it."""

    id: NodeId
    text: str = Field("", max_length=20_000)
    position: tuple[Number, Number] = (0, 0)
    size: tuple[Number, Number] = (240, 160)
    colour: str = Field("yellow", max_length=20)
    group: bool = False


class Settings(BaseModel):
    """The settings that the product knows; others are kept and mean nothing to it."""

    model_config = ConfigDict(extra="allow", strict=True)

    timeout_s: float | None = Field(
        None,
        gt=0,
        le=MONTH_S,
        title="Time limit",
        description="Seconds after which a run ends; one that asks what a step did, once it is told.",
    )
    max_concurrent_runs: int | None = Field(
        None, ge=1, le=32_767, title="Runs at a time", description="More of them wait in turn."
    )
    cache_ttl_s: int | None = Field(
        None,
        ge=1,
        le=MONTH_S,
        title="Keep results",
        description="Seconds for which a successful run answers later ones with the same version, "
        "inputs and rights, which then do not run. Every step must only read or compute.",
    )
    keep_payloads: bool | None = Field(
        None,
        title="Keep payloads",
        description="Whether what runs and their steps get, give and print is kept. Without it, shapes, "
        "sizes and digests stay once a run is over; it can then not be repeated from a step.",
    )


class Definition(Part):
    """A whole workflow. Ids are unique; everything else about the graph is judged by `validation`."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_: Literal[1] = Field(1, alias="schema")
    nodes: list[Node] = Field(default_factory=list, max_length=MAX_NODES)
    edges: list[Edge] = Field(default_factory=list, max_length=MAX_EDGES)
    notes: list[Note] = Field(default_factory=list, max_length=1_000)
    settings: Annotated[dict[str, Any], WithJsonSchema(Settings.model_json_schema())] = Field(
        default_factory=dict
    )

    @field_validator("nodes", "notes")
    @classmethod
    def ids_are_unique(cls, parts: list[Any]) -> list[Any]:
        _refuse_twice([part.id for part in parts])
        return parts

    @model_validator(mode="after")
    def edges_are_unique(self) -> "Definition":
        _refuse_twice([edge.id for edge in self.edges])
        return self

    def as_json(self) -> JSONDict:
        """Return the canonical JSON form."""
        data: JSONDict = self.model_dump(mode="json", by_alias=True)
        for node in data["nodes"]:
            for key in [
                name for name, value in node.items() if value == _DEFAULTS.get(name, _NEVER)
            ]:
                del node[key]
        for note in data["notes"]:
            if not note["group"]:
                del note["group"]
        canonical: JSONDict = normalised(data)
        return canonical


_NEVER = object()
_DEFAULTS: JSONDict = {
    name: Node.model_fields[name].default
    for name in (
        "size",
        "parent",
        "disabled",
        "join",
        "retry",
        "undo",
        "timeout_s",
        "on_error",
        "default_output",
        "cache_ttl_s",
        "data_classes",
    )
}


def parse(data: JSON) -> Definition:
    """Return a definition from JSON. Raises BadDefinition naming each field that does not fit."""
    if len(json.dumps(data)) > MAX_BYTES:
        raise BadDefinition(f"A definition may have {MAX_BYTES >> 20} MiB.")
    try:
        check_numbers(data)
        return Definition.model_validate(normalised(data))
    except ValidationError as error:
        raise BadDefinition(errors=[_entry(detail) for detail in error.errors()[:50]]) from error
    except ValueError as error:
        raise BadDefinition(str(error)) from error


def normalised(value: JSON) -> JSON:
    """Return the value with 2.0 written as 2: the document knows one kind of number."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= MAX_SAFE:
        return int(value)
    if isinstance(value, dict):
        return {key: normalised(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [normalised(child) for child in value]
    return value


def content_hash(definition: JSONDict) -> str:
    """Return the SHA-256 of what a run depends on; moving a node changes nothing."""
    content = {
        **definition,
        "notes": [],
        "nodes": [
            {k: v for k, v in node.items() if k not in {"position", "size"}}
            for node in definition["nodes"]
        ],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def json_schema() -> JSONDict:
    """Return the JSON Schema of definitions."""
    return {
        **Definition.model_json_schema(by_alias=True),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
    }


def _refuse_twice(ids: list[str]) -> None:
    seen: set[str] = set()
    for each in ids:
        if each in seen:
            raise ValueError(f"“{each}” appears twice.")
        seen.add(each)


def check_numbers(value: JSON) -> None:
    """Refuse numbers that the document would change."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, bool):
            continue
        if isinstance(item, int) and abs(item) > MAX_SAFE:
            raise ValueError(f"The number {item} is too large: write it as a text.")
        if isinstance(item, float) and not math.isfinite(item):
            raise ValueError("A number must be finite.")
        stack += item.values() if isinstance(item, dict) else item if isinstance(item, list) else []


def _entry(detail: Any) -> JSONDict:
    field = ".".join(str(part) for part in detail["loc"])
    return {"field": field, "message": detail["msg"], "code": detail["type"]}
