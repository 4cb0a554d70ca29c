"""Expressions that need no sandbox: those that look a value up, compare, or add numbers.

Most expressions of a workflow do no more, and a feed of the sandbox costs a hundred times that. The
checked tree becomes functions of ours; nothing of the author's is ever run as Python. They answer
only what is small and sure to be the same in the sandbox. Everything else is left to it: also what
fails, so that the words of an error and the limits are always the sandbox's.
"""

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from apps.common.types import JSON

EXACT = 1 << 53  # above it integers and floats differ
MOST = 64 << 10  # characters and items of what is answered here; the sandbox limits what is larger
Plain = Callable[[Mapping[str, Any]], Any]

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
}  # fmt: skip
_EQUAL: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip


class NotPlain(Exception):
    """The sandbox is to answer."""


def plain_of(tree: ast.expr) -> Plain | None:
    """Return what answers a checked expression from its names; None where the sandbox has to.

    What it returns raises NotPlain where the values are such that the sandbox has to.
    """
    try:
        return _made(tree)
    except NotPlain:
        return None


def taken(value: Any, room: int) -> tuple[JSON, int]:
    """Return a copy of a JSON value, and what is left of the room. Raises NotPlain without any."""
    room -= 1 + (len(value) if isinstance(value, str) else 0)
    if room < 0:
        raise NotPlain
    if isinstance(value, dict):
        copy = {}
        for key, child in value.items():
            copy[key], room = taken(child, room - len(key))
        return copy, room
    if isinstance(value, list):
        items = []
        for child in value:
            item, room = taken(child, room)
            items.append(item)
        return items, room
    if isinstance(value, int) and not -EXACT < value < EXACT:
        raise NotPlain
    if isinstance(value, float) and not math.isfinite(value):
        raise NotPlain
    return value, room


def _made(tree: ast.expr) -> Plain:
    make = _MAKERS.get(type(tree))
    if make is None:
        raise NotPlain
    return make(tree)


def _constant(tree: ast.Constant) -> Plain:
    value = tree.value
    if not isinstance(value, None | bool | int | float | str):
        raise NotPlain
    return lambda _: value


def _name(tree: ast.Name) -> Plain:
    name = tree.id
    return lambda names: _look_up(names, name)


def _attribute(tree: ast.Attribute) -> Plain:
    inner, key = _made(tree.value), tree.attr
    return lambda names: _look_up(inner(names), key)


def _subscript(tree: ast.Subscript) -> Plain:
    inner, key = _made(tree.value), _made(tree.slice)
    return lambda names: _look_up(inner(names), key(names))


def _calculation(tree: ast.BinOp) -> Plain:
    calculate = _ARITHMETIC.get(type(tree.op))
    if calculate is None:
        raise NotPlain
    left, right = _made(tree.left), _made(tree.right)
    return lambda names: calculate(_number(left(names)), _number(right(names)))


def _negation(tree: ast.UnaryOp) -> Plain:
    operand = _made(tree.operand)
    if isinstance(tree.op, ast.Not):
        return lambda names: not operand(names)
    if isinstance(tree.op, ast.USub):
        return lambda names: -_number(operand(names))
    raise NotPlain


def _first_that_decides(tree: ast.BoolOp) -> Plain:
    decides = isinstance(tree.op, ast.Or)
    *first, last = [_made(each) for each in tree.values]

    def answer(names: Mapping[str, Any]) -> Any:
        for each in first:
            value = each(names)
            if bool(value) is decides:
                return value
        return last(names)

    return answer


def _choice(tree: ast.IfExp) -> Plain:
    test, body, orelse = _made(tree.test), _made(tree.body), _made(tree.orelse)
    return lambda names: body(names) if test(names) else orelse(names)


def _comparison(tree: ast.Compare) -> Plain:
    if len(tree.ops) > 1:
        raise NotPlain
    left, right, op = _made(tree.left), _made(tree.comparators[0]), type(tree.ops[0])
    if op in _EQUAL:
        compare, check = _EQUAL[op], _check_equal
    elif op in _ORDER:
        compare, check = _ORDER[op], _check_order
    else:
        raise NotPlain

    def answer(names: Mapping[str, Any]) -> bool:
        one, other = left(names), right(names)
        check(one, other)
        return compare(one, other)

    return answer


_MAKERS: dict[type[ast.expr], Callable[[Any], Plain]] = {
    ast.Constant: _constant, ast.Name: _name, ast.Attribute: _attribute,
    ast.Subscript: _subscript, ast.BinOp: _calculation, ast.UnaryOp: _negation,
    ast.BoolOp: _first_that_decides, ast.IfExp: _choice, ast.Compare: _comparison,
}  # fmt: skip


def _look_up(value: Any, key: Any) -> Any:
    if type(key) is str and isinstance(value, dict) and key in value:
        return value[key]
    if type(key) is int and isinstance(value, list) and -len(value) <= key < len(value):
        return value[key]
    raise NotPlain


def _check_equal(one: Any, other: Any) -> None:
    """Leave lists and objects to the sandbox, and whether truth is a number."""
    kinds = {type(one), type(other)}
    if not kinds <= {type(None), bool, int, float, str} or kinds in ({bool, int}, {bool, float}):
        raise NotPlain


def _check_order(one: Any, other: Any) -> None:
    if not (type(one) is str and type(other) is str):
        _number(one)
        _number(other)


def _number(value: Any) -> int | float:
    if type(value) is float or (type(value) is int and -EXACT < value < EXACT):
        return value
    raise NotPlain
