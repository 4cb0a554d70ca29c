"""Filters of the list of budgets, for the API and the page alike."""

from collections.abc import Mapping, Sequence

from apps.common.words import chosen
from apps.gateway.budgets.standing import STATES, Standing
from apps.gateway.models import Budget

CHOICES: dict[str, Sequence[str]] = {
    "scope": Budget.Scope.values,
    "every": Budget.Every.values,
    "state": STATES,
}


def filtered(standings: Sequence[Standing], params: Mapping[str, str]) -> list[Standing]:
    """Keep what the parameters ask for: `q` in the name, `scope`, `every`, `state`. Raises Invalid."""
    wanted = {name: chosen(name, params, known) for name, known in CHOICES.items()}
    text = params.get("q", "").strip().lower()
    return [
        each
        for each in standings
        if text in each.name.lower()
        and wanted["scope"] in ("", each.budget.scope)
        and wanted["every"] in ("", each.budget.every)
        and wanted["state"] in ("", each.state)
    ]
