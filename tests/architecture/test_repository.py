"""The repository speaks of the product alone: no machine it was made on, no place to fetch from."""

import re

from tests.architecture.tree import ROOT, files, name

HERE = "tests/architecture/test_repository.py"
TEXT = {
    ".py", ".md", ".toml", ".txt", ".in", ".html", ".css", ".js", ".ts", ".tsx", ".json", ".yaml", ".yml",
    ".sh", ".svg", ".cfg", ".conf", "",
}  # fmt: skip
RULES = {
    "a package registry's host": re.compile(
        r"\b(pypi\.org|pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com|proxy\.golang\.org)\b"
        r"|--(extra-)?index-url|https?://\S+/simple\b"
    ),
    "a path of one machine": re.compile(r"(?<![\w.])/(root|work|home|Users)/\w"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "an API key": re.compile(r"\baut_[a-z2-7]{8}_[\w-]{43}\b|\bsk-[A-Za-z0-9]{32,}"),
}


def test_no_file_tells_where_it_was_made() -> None:
    found = [
        f"{name(path)}: {rule}"
        for path in files()
        if path.suffix in TEXT and path.is_file() and name(path) != HERE
        for rule, pattern in RULES.items()
        if pattern.search(path.read_text(errors="replace"))
    ]
    assert not found


def test_every_package_is_pinned_by_its_hash() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        lines = [line for line in path.read_text().splitlines() if line and line[0] not in " #"]
        assert lines, path
        bare = [line for line in lines if "==" not in line or not line.endswith("\\")]
        assert not bare, f"{path.name}: not pinned with hashes"
        assert path.read_text().count("--hash=sha256:") >= len(lines)
