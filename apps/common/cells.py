"""Tables as CSV: no cell is a formula to any spreadsheet."""

import csv
import io
import json
from collections.abc import Iterable

# What a spreadsheet would take for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text


def table(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as lines of CSV, the heading first."""
    out = io.StringIO()
    csv.writer(out).writerows([cell(each) for each in row] for row in rows)
    return out.getvalue()
