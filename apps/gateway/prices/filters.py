"""Filters of the list of prices, for the API and the page alike."""

from collections.abc import Mapping, Sequence

from apps.common.words import chosen
from apps.gateway.prices.table import DELIVERED, OWN, STATES, Row

CHOICES: dict[str, Sequence[str]] = {"source": (OWN, DELIVERED), "state": STATES}


def filtered(rows: Sequence[Row], params: Mapping[str, str]) -> list[Row]:
    """Keep what the parameters ask for: `q` in provider or model, `source`, `state`. Raises Invalid."""
    wanted = {name: chosen(name, params, known) for name, known in CHOICES.items()}
    text = params.get("q", "").strip().lower()
    return [
        row
        for row in rows
        if text in f"{row.price.provider}/{row.price.model}".lower()
        and wanted["source"] in ("", row.source)
        and (not wanted["state"] or row.has(wanted["state"]))
    ]
