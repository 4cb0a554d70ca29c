"""Schemas that people wrote: they judge, fetch nothing and end."""

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from apps.common.schemas import problem_of
from apps.common.types import JSON, JSONDict


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        ({"a": 1}, {"properties": {"a": {"type": "integer"}}}, ""),
        ({"a": "x"}, {"properties": {"a": {"type": "integer"}}}, "a: 'x' is not of type 'integer'"),
        (5, {"type": "string"}, "answer: 5 is not of type 'string'"),
        ("AB-1", {"pattern": "^[A-Z]+-[0-9]+$"}, ""),
        ("AB", {"pattern": "^[A-Z]+-[0-9]+$"}, "answer: 'AB' does not match '^[A-Z]+-[0-9]+$'"),
        (5, {"pattern": "^a$"}, ""),
        ("a", {"pattern": "("}, "answer: '(' is no pattern: missing ) at position 1"),
        ("a" * 40 + "!", {"pattern": "^(a|a|aa)+$"}, "A pattern of the schema takes too long"),
        (1, {"$ref": "#"}, "The schema refers to itself without an end."),
        (1, {"$ref": "#/$defs/no"}, "The schema refers to what is not there"),
    ],
)
def test_what_a_value_breaks(value: JSON, schema: JSONDict, problem: str) -> None:
    found = problem_of(value, schema, whole="answer")
    assert found.startswith(problem)
    assert bool(found) == bool(problem)


def test_no_schema_is_fetched() -> None:
    asked: list[str] = []

    class Schemas(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Schemas)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        problem = problem_of(5, {"$ref": f"http://127.0.0.1:{server.server_port}/schema"})
    finally:
        server.shutdown()
        server.server_close()
    assert "not there" in problem
    assert asked == []
