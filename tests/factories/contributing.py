"""The files that CONTRIBUTING.md tells people to write, taken from the page itself."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# "... into `<path>`:", then the file as a block of Python.
FILE = re.compile(r"`((?:apps|tests)/[\w/]+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)


def node_type_files() -> dict[str, str]:
    """Return path and content of each file of “Add a node type”, the type itself first."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    section = page.split("## Add a node type\n", 1)[1].split("\n## ", 1)[0]
    return dict(FILE.findall(section))


def write_node_type(root: Path) -> list[Path]:
    """Write those files below a copy of the project; return where they are."""
    written = []
    for name, content in node_type_files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        written.append(path)
    return written
