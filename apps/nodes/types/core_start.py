"""Where a run begins: the form of its inputs."""

from base64 import b64decode
from enum import StrEnum
from typing import Any

from pydantic import Field, ValidationError, field_validator, model_validator

from apps.classification.slugs import DataClassSlug
from apps.common.types import JSON, JSONDict
from apps.nodes.base import AnyOutput, Config, Effect, Group, Kind, Node, NodeContext, Port
from apps.nodes.registry import register


class FieldType(StrEnum):
    TEXT = "text"
    PARAGRAPH = "paragraph"
    NUMBER = "number"
    SELECT = "select"
    BOOL = "bool"
    JSON = "json"
    FILE = "file"


MAX_FILE = 1 << 20


class InputFile(Config):
    """A file as an input: what is text as `text`, anything else as `base64`."""

    name: str = Field(max_length=255)
    media_type: str = Field("application/octet-stream", max_length=127)
    size: int = Field(ge=0, le=MAX_FILE, description="How many bytes it has.")
    text: str | None = Field(None, max_length=MAX_FILE)
    base64: str | None = Field(None, max_length=MAX_FILE // 3 * 4 + 4)

    @model_validator(mode="after")
    def content_has_the_size(self) -> "InputFile":
        if (self.text is None) == (self.base64 is None):
            raise ValueError("Give text or base64.")
        data = (
            self.text.encode()
            if self.text is not None
            else b64decode(self.base64 or "", validate=True)
        )
        if len(data) != self.size:
            raise ValueError("The size is another one.")
        return self


class FormField(Config):
    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$", description="How expressions call it: input.<name>."
    )
    label: str = Field("", max_length=120)
    type: FieldType = FieldType.TEXT
    required: bool = False
    default: Any = None
    options: list[str] = Field(default_factory=list, description="The choices of a select.")
    data_class: DataClassSlug | None = Field(
        None,
        title="Class of data",
        description="Where values are withheld: they are kept out of rows, logs and mails.",
        json_schema_extra={"x-widget": "data-class"},
    )


class StartConfig(Config):
    fields: list[FormField] = Field(default_factory=list, title="Input fields", max_length=50)

    @field_validator("fields")
    @classmethod
    def names_are_unique(cls, fields: list[FormField]) -> list[FormField]:
        names = [field.name for field in fields]
        if len(set(names)) != len(names):
            raise ValueError("Two fields have the same name.")
        return fields


@register
class Start(Node[StartConfig, AnyOutput]):
    """Begin here: the fields of this step are the form people fill in to start a run.

    Its output is the run's input, also known to every later step as `input`. A file is an object:
    `input.<name>.text` is what it says, or `base64` where it is no text.
    """

    name, label, group, icon = "core.start", "Start", Group.TRIGGER, "play"
    effect = Effect.PURE
    config, output = StartConfig, AnyOutput
    inputs = ()
    outputs = (Port("out", "Input data", Kind.JSON),)
    example = {"fields": [{"name": "url", "label": "Page", "type": "text", "required": True}]}

    async def run(self, config: StartConfig, context: NodeContext) -> AnyOutput:
        return AnyOutput(**context.run_input)


class InputRefused(ValueError):
    """Inputs that do not fit the form; `errors` has one entry for each field."""

    def __init__(self, errors: list[JSONDict]) -> None:
        super().__init__("The inputs do not fit the start form.")
        self.errors = errors


def check_inputs(config: StartConfig, given: JSONDict) -> JSONDict:
    """Return the inputs with defaults filled in. Raises InputRefused.

    Without any field the start takes whatever it is given.
    """
    if not config.fields:
        return dict(given)
    errors: list[JSONDict] = []
    checked: JSONDict = {}
    for form_field in config.fields:
        value = given.get(form_field.name)
        value = form_field.default if value is None or value == "" else value
        problem = _problem(form_field, value)
        if problem:
            errors.append({"field": form_field.name, "message": problem, "code": "invalid"})
        checked[form_field.name] = value
    known = {form_field.name for form_field in config.fields}
    errors += [
        {"field": name, "message": "The start form has no such field.", "code": "unknown"}
        for name in given
        if name not in known
    ]
    if errors:
        raise InputRefused(errors)
    return checked


def _problem(form_field: FormField, value: JSON) -> str | None:
    if value is None or value == "":
        return "This field is required." if form_field.required else None
    match form_field.type:
        case FieldType.TEXT | FieldType.PARAGRAPH:
            return None if isinstance(value, str) else "Give a text."
        case FieldType.NUMBER:
            good = isinstance(value, int | float) and not isinstance(value, bool)
            return None if good else "Give a number."
        case FieldType.BOOL:
            return None if isinstance(value, bool) else "Give true or false."
        case FieldType.SELECT:
            return (
                None
                if value in form_field.options
                else f"Choose one of: {', '.join(form_field.options)}."
            )
        case FieldType.FILE:
            return _problem_of_file(value)
    return None


def _problem_of_file(value: JSON) -> str | None:
    try:
        InputFile.model_validate(value)
    except ValidationError:
        return "Give a file of at most 1 MiB: name, size, and its content as text or base64."
    return None
