"""The delivered list: made from litellm's table, with its versions, and what it says of models."""

import json
from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from apps.gateway import catalogue
from apps.gateway.usage import Usage

TODAY = date(2026, 11, 29)
ENTRY: dict[str, Any] = {
    "litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2.5e-06,
    "output_cost_per_token": 1e-05, "cache_read_input_token_cost": 1.25e-06,
    "max_input_tokens": 128_000, "max_output_tokens": 16_384, "deprecation_date": "2027-01-31",
}  # fmt: skip


def load(table: dict[str, Any], file: Path, since: str) -> str:
    """Take over a table and return what the command says."""
    source = file.with_suffix(".json")
    source.write_text(json.dumps(table))
    said = StringIO()
    call_command(
        "load_prices", table=source, file=file, since=date.fromisoformat(since), stdout=said
    )
    return said.getvalue()


def test_what_changed_becomes_a_version_and_the_rest_stays(tmp_path: Path) -> None:
    file = tmp_path / "list.gz"
    table = {"x": ENTRY, "y": ENTRY, "image": {**ENTRY, "mode": "image_generation"}}
    assert "2 models, 2 new or changed" in load(table, file, "2026-01-01")
    before = file.read_bytes()
    assert "2 models, 0 new or changed" in load(table, file, "2026-02-01")
    assert file.read_bytes() == before
    dearer = {**ENTRY, "output_cost_per_token": 2e-05}
    assert "2 models, 1 new or changed" in load({**table, "x": dearer}, file, "2026-03-01")
    models = catalogue.unpacked(file.read_bytes())["models"]["openai"]
    assert [(row[0], row[2]) for row in models["x"]] == [("2020-01-01", "10"), ("2026-03-01", "20")]
    assert len(models["y"]) == 1
    load({}, file, "2026-04-01")  # a model that is not listed any more keeps its price
    assert "x" in catalogue.unpacked(file.read_bytes())["models"]["openai"]


def test_the_delivered_list_is_that_of_the_installed_release(tmp_path: Path) -> None:
    file = tmp_path / "list.gz"
    file.write_bytes(catalogue.FILE.read_bytes())
    said = StringIO()
    call_command("load_prices", file=file, stdout=said)
    assert "0 new or changed" in said.getvalue()
    assert file.read_bytes() == catalogue.FILE.read_bytes()


def test_models_are_found_by_host_dialect_or_slug() -> None:
    by_host = catalogue.find(["my-server", "api.openai.com"], "gpt-4o", on=TODAY)
    assert by_host is not None
    assert by_host == catalogue.find(["openai"], "gpt-4o", on=TODAY)
    assert by_host.input_usd == Decimal("2.5")
    assert by_host.context_tokens == 128_000
    assert catalogue.find(["openai"], "no-such-model", on=TODAY) is None
    assert catalogue.find(["openai"], "gpt-4o", on=date(2019, 1, 1)) is None


def test_cached_and_thought_tokens_have_prices_of_their_own() -> None:
    from apps.gateway.models import ModelPrice

    plain = ModelPrice(input_usd=Decimal(3), output_usd=Decimal(15))
    usage = Usage(1000, 200, cached=400, reasoning=50, written=100)
    assert plain.cost(usage) == plain.cost(Usage(1000, 200)) == Decimal("0.006")
    fine = ModelPrice(
        input_usd=Decimal(3), output_usd=Decimal(15), cache_read_usd=Decimal(1),
        cache_write_usd=Decimal(4), reasoning_usd=Decimal(20),
    )  # fmt: skip
    parts = 500 * 3 + 400 * 1 + 100 * 4 + 150 * 15 + 50 * 20
    assert fine.cost(usage) == Decimal(parts) / 1_000_000
