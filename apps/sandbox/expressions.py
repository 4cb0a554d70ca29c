"""`{{ }}` in texts: one Python expression, checked here and never run as Python outside the sandbox.

`{{` ends at the first `}}` outside of strings and brackets. The check parses and never executes;
it allows a list of syntax nodes, names, functions and methods, and turns `a.b` on data into a
look-up whose error names the keys there are. `tests/expressions.json` is its specification.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.common.types import JSON
from apps.sandbox.exceptions import ExpressionInvalid
from apps.sandbox.plain import Plain, plain_of

MAX_LENGTH = 4096
MAX_DEPTH = 40
NAMES = frozenset({"input", "prev", "nodes", "item", "index", "vars", "run", "workflow"})
FUNCTIONS = frozenset(
    {
        "abs", "all", "any", "bool", "dict", "enumerate", "float", "from_json", "int", "len", "list",
        "max", "min", "range", "reversed", "round", "set", "sorted", "str", "sum", "to_json", "tuple",
        "zip",
    }
)  # fmt: skip
METHODS = frozenset(
    {
        "capitalize", "count", "endswith", "find", "get", "index", "isdigit", "items", "join", "keys",
        "lower", "lstrip", "replace", "rstrip", "split", "splitlines", "startswith", "strip", "title",
        "upper", "values", "zfill",
    }
)  # fmt: skip
_ALLOWED = (
    ast.Expression, ast.Constant, ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Call,
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.List, ast.Tuple, ast.Dict, ast.Set,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.JoinedStr,
    ast.FormattedValue, ast.Starred, ast.keyword, ast.expr_context, ast.operator, ast.unaryop,
    ast.boolop, ast.cmpop,
)  # fmt: skip
_JAVASCRIPT = re.compile(r"\$\(|\$[a-z]|\?\.|\?\?|=>|===|!==|&&|\|\||![a-z(]")
_OPENING, _CLOSING, _QUOTES = "([{", ")]}", "'\""


@dataclass(frozen=True)
class Expression:
    """One checked expression: where it stands, what it was, and what the sandbox runs.

    `plain` answers it without the sandbox, where it does so little that it can (`plain`).
    """

    start: int
    source: str
    compiled: str
    names: frozenset[str]
    nodes: frozenset[str]
    inputs: frozenset[str]
    plain: Plain | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Template:
    """A text with expressions; `parts` are literal texts and expressions in order."""

    parts: tuple[str | Expression, ...]
    expressions: tuple[Expression, ...] = field(default=())

    @property
    def is_single(self) -> bool:
        """Whether the text is one expression and nothing else: its value then keeps its type."""
        return len(self.parts) == 1 and isinstance(self.parts[0], Expression)


def parse_template(text: str) -> Template:
    """Split a text into literals and checked expressions. Raises ExpressionInvalid."""
    parts: list[str | Expression] = []
    place = 0
    while (start := text.find("{{", place)) >= 0:
        end = _end_of(text, start + 2)
        if start > place:
            parts.append(text[place:start])
        parts.append(parse_expression(text[start + 2 : end], offset=start + 2))
        place = end + 2
    if place < len(text):
        parts.append(text[place:])
    return Template(tuple(parts), tuple(part for part in parts if isinstance(part, Expression)))


def parse_expression(
    source: str, *, offset: int = 0, extra: frozenset[str] = frozenset()
) -> Expression:
    """Check one expression. Raises ExpressionInvalid with the place and what to write instead."""
    text = source.strip()
    lead = offset + len(source) - len(source.lstrip())
    if not text:
        raise ExpressionInvalid(
            "The braces are empty.", position=offset, hint="Write a value, such as input.name."
        )
    if len(text) > MAX_LENGTH:
        raise ExpressionInvalid(
            f"An expression may have {MAX_LENGTH} characters.",
            position=lead,
            hint="Use a code step.",
        )
    tree = _parsed(text, lead)
    checker = _Checker(lead, NAMES | extra)
    checker.check(tree)
    plain = plain_of(tree.body)  # before the look-ups are written out
    compiled = ast.unparse(ast.fix_missing_locations(_Lookups().visit(tree)))
    return Expression(
        lead,
        text,
        compiled,
        names=frozenset(checker.used),
        nodes=frozenset(checker.nodes),
        inputs=frozenset(checker.inputs),
        plain=plain,
    )


def has_expression(text: str) -> bool:
    """Tell whether a text holds braces that open an expression."""
    return "{{" in text


def find_templates(
    value: JSON, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield path and text of every string in a JSON value that holds an expression."""
    if isinstance(value, str):
        if has_expression(value):
            yield path, value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from find_templates(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from find_templates(child, (*path, index))


def _end_of(text: str, start: int) -> int:
    """Return where the expression that begins at `start` ends."""
    depth, place = 0, start
    while place < len(text):
        sign = text[place]
        if sign in _QUOTES:
            place = _end_of_string(text, place)
            continue
        if depth == 0 and text.startswith("}}", place):
            return place
        depth += (sign in _OPENING) - (sign in _CLOSING)
        place += 1
    raise ExpressionInvalid(
        "“{{” is not closed.",
        position=start - 2,
        hint='End the expression with }}, or write {{ "{{" }} for plain braces.',
    )


def _end_of_string(text: str, start: int) -> int:
    quote = text[start] * 3 if text.startswith(text[start] * 3, start) else text[start]
    place = start + len(quote)
    while place < len(text):
        if text[place] == "\\":
            place += 2
        elif text.startswith(quote, place):
            return place + len(quote)
        else:
            place += 1
    raise ExpressionInvalid(
        "A text in the expression is not closed.", position=start, hint=f"Add the missing {quote}"
    )


def _parsed(text: str, offset: int) -> ast.Expression:
    try:
        tree = ast.parse(f"({text}\n)", mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        column = getattr(error, "offset", None) or 2
        reason = str(getattr(error, "msg", "") or "nested too deeply")
        raise ExpressionInvalid(
            f"This is not a Python expression: {reason}.",
            position=offset + max(0, min(column - 2, len(text))),
            hint=_hint_for(text),
        ) from error
    return tree


def _hint_for(text: str) -> str:
    """Say what is wanted; to who writes as in other tools, what is different here."""
    if _JAVASCRIPT.search(text):
        return (
            "This looks like JavaScript. Expressions are Python: prev is what the step before gave, "
            "and, or and not join conditions, a if b else c chooses."
        )
    return "One expression, such as input.name or len(prev.items)."


class _Checker:
    """Walk the tree once: allowed syntax, known names, limited depth."""

    def __init__(self, offset: int, names: frozenset[str]) -> None:
        self.offset = offset
        self.names = names
        self.used: set[str] = set()
        self.nodes: set[str] = set()
        self.inputs: set[str] = set()
        self._called: set[int] = set()

    def check(self, tree: ast.AST) -> None:
        bound = {
            name.id
            for made in ast.walk(tree)
            if isinstance(made, ast.comprehension)
            for name in ast.walk(made.target)
            if isinstance(name, ast.Name)
        }
        self._visit(tree, 0, bound)

    def _visit(self, tree: ast.AST, depth: int, bound: set[str]) -> None:
        if depth > MAX_DEPTH:
            raise self._invalid(tree, "The expression is nested too deeply.", "Use a code step.")
        if not isinstance(tree, _ALLOWED):
            kind = type(tree).__name__.lower()
            raise self._invalid(
                tree, f"“{kind}” is not allowed in an expression.", "Use a code step."
            )
        match tree:
            case ast.Name():
                self._check_name(tree, bound)
            case ast.Attribute() if tree.attr.startswith("_"):
                raise self._invalid(
                    tree, f"“{tree.attr}” starts with an underscore.", "Use [...] for such a key."
                )
            case ast.Attribute() | ast.Subscript():
                self._note_node(tree)
                self._note_input(tree, bound)
            case ast.Call():
                self._check_call(tree, bound)
        for child in ast.iter_child_nodes(tree):
            self._visit(child, depth + 1, bound)

    def _check_name(self, tree: ast.Name, bound: set[str]) -> None:
        if tree.id in bound or tree.id in FUNCTIONS:
            return
        if tree.id not in self.names or tree.id.startswith("_"):
            known = ", ".join(sorted(self.names))
            raise self._invalid(tree, f"“{tree.id}” is not known.", f"There are: {known}.")
        self.used.add(tree.id)

    def _check_call(self, tree: ast.Call, bound: set[str]) -> None:
        called = tree.func
        self._called.add(id(called))
        if isinstance(called, ast.Name) and called.id in FUNCTIONS and called.id not in bound:
            return
        if isinstance(called, ast.Attribute) and called.attr in METHODS:
            return
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "this")
        listed = METHODS if isinstance(called, ast.Attribute) else FUNCTIONS
        raise self._invalid(
            tree, f"“{name}” cannot be called.", f"There are: {', '.join(sorted(listed))}."
        )

    def _note_node(self, tree: ast.Attribute | ast.Subscript) -> None:
        if not (isinstance(tree.value, ast.Name) and tree.value.id == "nodes"):
            return
        if isinstance(tree, ast.Attribute):
            self.nodes.add(tree.attr)
        elif isinstance(tree.slice, ast.Constant) and isinstance(tree.slice.value, str):
            self.nodes.add(tree.slice.value)
        else:
            raise self._invalid(tree, "A step must be named.", "Write nodes.<id>.output.")

    def _note_input(self, tree: ast.Attribute | ast.Subscript, bound: set[str]) -> None:
        """Note which field of the input is read; `input.get(...)` reads none by its name."""
        is_input = isinstance(tree.value, ast.Name) and tree.value.id == "input"
        if not is_input or "input" in bound or id(tree) in self._called:
            return
        if isinstance(tree, ast.Attribute):
            self.inputs.add(tree.attr)
        elif isinstance(tree.slice, ast.Constant) and isinstance(tree.slice.value, str):
            self.inputs.add(tree.slice.value)

    def _invalid(self, tree: ast.AST, message: str, hint: str) -> ExpressionInvalid:
        column = max(0, getattr(tree, "col_offset", 1) - 1)
        return ExpressionInvalid(message, position=self.offset + column, hint=hint)


class _Lookups(ast.NodeTransformer):
    """Turn `a.b` into `_at(a, "b")`; a method that is called keeps its dot."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        called = node.func
        node.args = [self.visit(part) for part in node.args]
        node.keywords = [self.visit(part) for part in node.keywords]
        if isinstance(called, ast.Attribute):
            called.value = self.visit(called.value)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return _look_up(self.visit(node.value), ast.Constant(node.attr))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        value, key = self.visit(node.value), self.visit(node.slice)
        if isinstance(key, ast.Slice):
            return ast.Subscript(value, key, node.ctx)
        return _look_up(value, key)


def _look_up(value: ast.expr, key: ast.expr) -> ast.Call:
    return ast.Call(ast.Name("_at", ast.Load()), [value, key], [])
