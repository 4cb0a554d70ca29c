"""A runbook as Markdown; the studio writes the same (`markdownOut.ts`, held to it by `tests/runbook.json`)."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from apps.common.types import JSONDict

SIGNS = re.compile(r"[\\`*\[\]<~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
# What would begin a block of its own at the start of a line.
BEGINNING = re.compile(r"^(?=#{1,6}(\s|$)|[-+>](\s|$)|---)")
NUMBERED = re.compile(r"^(\d+)(?=[.)]\s)")
WRAPPED = {"strike": "~~", "strong": "**", "em": "*"}
ORDER = ("link", "strike", "strong", "em", "code")

# What stands for an element that lives elsewhere: the words, and the address.
Reference = Callable[[JSONDict], tuple[str, str]]


def markdown(tree: JSONDict, reference: Reference) -> str:
    """Return a runbook as Markdown; live elements become links."""
    text = _Writer(reference).blocks(tree.get("content", []))
    return f"{text}\n" if text else ""


class _Writer:
    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def blocks(self, nodes: Sequence[JSONDict]) -> str:
        return "\n\n".join(self._block(node) for node in nodes)

    def _block(self, node: JSONDict) -> str:
        content = node.get("content", [])
        match node["type"]:
            case "paragraph":
                return _safe_beginning(_inline(content))
            case "heading":
                return f"{'#' * node['attrs']['level']} {_inline(content)}".rstrip()
            case "blockquote":
                return "\n".join(f"> {line}".rstrip() for line in self.blocks(content).split("\n"))
            case "code_block":
                return _code(node)
            case "horizontal_rule":
                return "---"
            case "table":
                return self._table(content)
            case "bullet_list" | "ordered_list" | "check_list":
                return self._list(node)
        words, address = self._reference(node)
        sign = "!" if node["type"] == "image" else ""
        return f"{sign}[{escaped(words)}]({address})"

    def _list(self, node: JSONDict) -> str:
        first = node.get("attrs", {}).get("order", 1)
        items = enumerate(node["content"], first)
        return "\n".join(self._item(node["type"], item, number) for number, item in items)

    def _item(self, kind: str, item: JSONDict, number: int) -> str:
        mark = f"{number}. " if kind == "ordered_list" else "- "
        indent = " " * len(mark)
        if kind == "check_list":
            mark += "[x] " if item["attrs"]["checked"] else "[ ] "
        lines = self.blocks(item["content"]).split("\n")
        rest = [f"{indent}{line}".rstrip() for line in lines[1:]]
        return "\n".join([f"{mark}{lines[0]}".rstrip(), *rest])

    def _table(self, rows: Sequence[JSONDict]) -> str:
        written = [[self._cell(cell) for cell in row["content"]] for row in rows]
        width = max(len(row) for row in written)
        has_head = all(cell["type"] == "table_header" for cell in rows[0]["content"])
        head = written.pop(0) if has_head else []
        lines = [head, ["---"] * width, *written]
        return "\n".join(
            f"| {' | '.join([*line, *[''] * (width - len(line))])} |" for line in lines
        )

    def _cell(self, cell: JSONDict) -> str:
        return re.sub(r"\s*\\?\n\s*", " ", self.blocks(cell["content"])).replace("|", "\\|")


def escaped(text: str) -> str:
    """Return a text in which nothing is a sign of Markdown."""
    return SIGNS.sub(lambda sign: f"\\{sign[0]}", text)


def _safe_beginning(text: str) -> str:
    return NUMBERED.sub(r"\1\\", BEGINNING.sub(r"\\", text))


def _code(node: JSONDict) -> str:
    text = "".join(piece["text"] for piece in node.get("content", []))
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{node['attrs']['language']}\n{text}\n{fence}"


def _inline(nodes: Sequence[JSONDict], marks: Sequence[str] = ORDER) -> str:
    """Return a line; what is marked alike in a row is written as one."""
    if not marks:
        return "".join("\\\n" if "text" not in node else escaped(node["text"]) for node in nodes)
    name, *inner = marks
    pieces = []
    for mark, group in groupby(nodes, key=lambda node: _mark(node, name)):
        alike = list(group)
        if mark is None:
            pieces.append(_inline(alike, inner))
        elif name == "code":
            pieces.append(_span("".join(node.get("text", " ") for node in alike)))
        else:
            pieces.append(_marked(name, mark, _inline(alike, inner)))
    return "".join(pieces)


def _mark(node: JSONDict, name: str) -> str | None:
    """Return where a link leads, or just the name of another mark; None without it."""
    for mark in node.get("marks", []):
        if mark["type"] == name:
            return str(mark.get("attrs", {}).get("href", name))
    return None


def _marked(name: str, mark: str, text: str) -> str:
    """Return a text between the signs of a mark, which must not stand beside a blank."""
    inside = text.strip()
    if not inside:
        return text
    before, after = text[: text.index(inside)], text[text.index(inside) + len(inside) :]
    if name == "link":
        return f"{before}[{inside}]({_address(mark)}){after}"
    return f"{before}{WRAPPED[name]}{inside}{WRAPPED[name]}{after}"


def _address(href: str) -> str:
    return href.replace("\\", "%5C").replace("(", "%28").replace(")", "%29")


def _span(text: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if longest else ""
    return f"{fence}{pad}{text}{pad}{fence}"
