"""The source tree as the architecture tests see it: files, their text and their syntax."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("apps", "auterity", "tests", "bench", "manage.py")


@cache
def files() -> tuple[Path, ...]:
    """Return the repository's files, those included that wait to be added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(
        path for name in sorted(set(listed.splitlines())) if (path := ROOT / name).exists()
    )


def below(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[Path]:
    """Yield the files with these suffixes in these folders (paths from the root)."""
    for path in files():
        if path.suffix in suffixes and name(path).startswith(folders):
            yield path


def name(path: Path) -> str:
    """Return a file's path from the root, as it is written in lists."""
    return path.relative_to(ROOT).as_posix()


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file."""
    return ast.parse(path.read_text(), str(path))


def is_migration(path: Path) -> bool:
    """Tell whether a file is a migration: those are history, not code that is maintained."""
    return path.parent.name == "migrations"


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of every module that is imported, at any depth."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def floors() -> dict[str, int]:
    """Return the floor of each app, counted from the ground, as import-linter's contract says."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["id"] == "floors")
    return {
        app.strip(" ()"): height
        for height, layer in enumerate(reversed(layers))
        for app in layer.split("|")
    }
