"""What is configured, documented, read and deployed must be the same list."""

import ast
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import global_settings
from django.core.management import call_command

from auterity.env import VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE = (ROOT / "docker" / "compose.yaml").read_text()
# `manage.py up` alone sets these: in production there is no sample site.
LOCAL_ONLY = {"AUTERITY_SAMPLE_SITE"}
# Settings of others' packages, which read them themselves.
FOREIGN = re.compile(r"^(SESSION|CSRF|SECURE|EMAIL|ACCOUNT|MFA|CONTENT_SECURITY|REST|SPECTACULAR)_")


def assigned_from_the_environment() -> Iterator[tuple[str, str]]:
    """Yield each variable that a settings module reads, with the setting made from it."""
    for path in sorted((ROOT / "auterity" / "settings").glob("*.py")):
        for statement in ast.parse(path.read_text()).body:
            if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
                continue
            target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
            for call in ast.walk(statement):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Name)
                    and call.func.id.startswith("env_")
                ):
                    assert isinstance(call.args[0], ast.Constant)
                    yield str(call.args[0].value), ast.unparse(target)


READ = sorted(assigned_from_the_environment())


def compose_block(name: str) -> str:
    """Return the lines of compose.yaml below a key, by their indentation."""
    found = re.search(rf"^( *){name}\n((?:\1 +.*\n|\n)+)", COMPOSE, re.MULTILINE)
    assert found
    return found[2]


def compose_variables() -> set[str]:
    block = compose_block("environment: &environment")
    return {line.split(":")[0].strip() for line in block.splitlines() if line.strip()}


def test_every_variable_is_read_by_the_settings() -> None:
    assert {name for name, _ in READ} == set(VARIABLES)


@pytest.mark.parametrize(("variable", "setting"), READ)
def test_no_setting_is_read_by_nothing(variable: str, setting: str) -> None:
    if hasattr(global_settings, setting) or FOREIGN.match(setting):
        return
    uses = re.compile(rf"\bsettings\.{setting}\b|\bgetattr\(settings, \"{setting}\"")
    own = re.compile(rf"\b{setting}\b")
    wiring = [path.read_text() for path in (ROOT / "auterity").rglob("*.py")]
    used = any(uses.search(path.read_text()) for path in (ROOT / "apps").rglob("*.py"))
    assert used or sum(len(own.findall(text)) for text in wiring) > 1, f"{variable} changes nothing"


def test_the_documentation_is_what_the_command_writes() -> None:
    written = StringIO()
    call_command("config", markdown=True, stdout=written)
    documented = (ROOT / "docs" / "configuration.md").read_text()
    rows = [line for line in written.getvalue().splitlines() if "AUTERITY_DATA" not in line]
    assert rows == [line for line in documented.splitlines() if "AUTERITY_DATA" not in line], (
        "Run: .venv/bin/python manage.py config --markdown > docs/configuration.md"
    )


def test_secrets_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("config")
    shown = capsys.readouterr().out
    assert "DATABASE_URL" in shown
    assert "://auterity:***@" in shown


def test_compose_sets_each_variable_and_no_other() -> None:
    assert compose_variables() == set(VARIABLES) - LOCAL_ONLY
