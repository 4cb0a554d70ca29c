"""Looking for planted values in everything that is kept: also where they stand encoded."""

import base64
import json
from urllib.parse import quote, quote_plus

from django.db import connection

COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = current_schema()
  AND data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'bytea')
"""


def disguises(value: str) -> set[str]:
    """Return the texts by which a value would be recognised."""
    raw = value.encode()
    found = {value, quote(value), quote(value, safe=""), quote_plus(value), raw.hex()}
    found |= {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    found |= {json.dumps(json.dumps(value))[3:-3]}
    for shift in range(3):
        signs = base64.b64encode(bytes(shift) + raw).decode()
        found.add(signs[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6])
    return found


def places_of(value: str) -> list[str]:
    """Return the columns of this workspace in which a value stands, in any disguise."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        for table, column in cursor.fetchall():
            for disguise in disguises(value):
                cursor.execute(
                    f'SELECT count(*) FROM "{table}" WHERE position(%s in "{column}"::text) > 0',
                    [disguise],
                )
                if cursor.fetchone()[0]:
                    found.append(f"{table}.{column}: {disguise}")
    return found
