"""Bring the delivered list of prices up to date with the installed litellm, at a release."""

import json
from argparse import ArgumentParser
from datetime import date
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.common.types import JSONDict
from apps.gateway import catalogue

TABLE = "litellm/model_prices_and_context_window_backup.json"
MODES = frozenset({"chat", "completion", "responses", "embedding", "rerank", "moderation"})
FIRST = "2020-01-01"  # since when holds what was never listed before
PRICES = (
    "input_cost_per_token", "output_cost_per_token", "cache_read_input_token_cost",
    "cache_creation_input_token_cost", "output_cost_per_reasoning_token",
)  # fmt: skip


class Command(BaseCommand):
    """Write the list anew; what changed since the last time becomes a new version."""

    help = "Take over litellm's prices, context windows and retirement dates; run at a release."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--table", type=Path, help="litellm's table; by default the installed.")
        parser.add_argument("--file", type=Path, default=catalogue.FILE)
        parser.add_argument(
            "--since", type=date.fromisoformat, default=timezone.now().date(),
            help="From when on what changed is valid.",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        package = metadata.distribution("litellm")
        table = json.loads((options["table"] or Path(str(package.locate_file(TABLE)))).read_bytes())
        known = _known(options["file"])
        rows = _rows(table)
        changed = sum(
            _add(known, provider, model, row, options["since"].isoformat())
            for (provider, model), row in sorted(rows.items())
        )
        whole = {"source": f"litellm {package.version}", "models": known}
        options["file"].write_bytes(catalogue.packed(whole))
        self.stdout.write(f"{len(rows)} models, {changed} new or changed")


def _known(file: Path) -> JSONDict:
    return dict(catalogue.unpacked(file.read_bytes())["models"]) if file.exists() else {}


def _rows(table: dict[str, JSONDict]) -> dict[tuple[str, str], list[Any]]:
    """Return what we keep of each model that is charged by the token."""
    found = {}
    for name, entry in table.items():
        provider = str(entry.get("litellm_provider", ""))
        if entry.get("mode") in MODES and isinstance(entry.get(PRICES[0]), int | float):
            found[provider, name.removeprefix(f"{provider}/")] = _row(entry)
    return found


def _row(entry: JSONDict) -> list[Any]:
    prices = [_for_a_million(entry.get(name)) for name in PRICES]
    prices[1] = prices[1] or "0"  # embeddings give no words
    limits = [_count(entry.get(name)) for name in ("max_input_tokens", "max_output_tokens")]
    return [*prices, *limits, _day(entry.get("deprecation_date"))]


def _add(known: JSONDict, provider: str, model: str, row: list[Any], since: str) -> bool:
    versions = known.setdefault(provider, {}).setdefault(model, [])
    if versions and versions[-1][1:] == row:
        return False
    if versions and versions[-1][0] == since:
        versions.pop()
    versions.append([since if versions else FIRST, *row])
    return True


def _for_a_million(price: Any) -> str | None:
    if not isinstance(price, int | float) or price < 0:
        return None
    return format((Decimal(repr(price)) * 1_000_000).normalize(), "f")


def _count(tokens: Any) -> int | None:
    return int(tokens) if isinstance(tokens, int | float) and tokens > 0 else None


def _day(text: Any) -> str | None:
    try:
        return date.fromisoformat(str(text)).isoformat()
    except ValueError:
        return None
