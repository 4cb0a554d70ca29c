"""How our credentials and our errors appear in the OpenAPI description."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension

from apps.common.problems import PROBLEM_JSON
from apps.common.types import JSONDict

# RFC 9457, as `common.errors.DomainError.problem` writes it.
PROBLEM: JSONDict = {
    "type": "object",
    "description": "What was wrong; `code` is stable, `errors` has one entry for each bad field.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "code"],
                "properties": {
                    "field": {"type": "string"},
                    "message": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}


def describe_problems(result: JSONDict, **context: Any) -> JSONDict:
    """Say of each operation that whatever it does not list is answered with a problem."""
    result.setdefault("components", {}).setdefault("schemas", {})["HttpProblem"] = PROBLEM
    content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/HttpProblem"}}}
    for path in result["paths"].values():
        for operation in path.values():
            answers = operation["responses"]
            answers.setdefault("default", {"description": "A problem.", "content": content})
    return result


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Keys are Bearer tokens."""

    target_class = "apps.accounts.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "aut_<id>_<secret>"}


def allow_any_value(result: JSONDict, **context: Any) -> JSONDict:
    """Write “any JSON value, or null” as any value: as a `oneOf`, null would fit twice."""
    _loosen(result["components"])
    return result


def _loosen(part: Any) -> None:
    if isinstance(part, dict):
        if {} in part.get("oneOf", ()):
            del part["oneOf"]
        part = list(part.values())
    if isinstance(part, list):
        for child in part:
            _loosen(child)
