"""Filters of the list of budgets, for the API and the page alike."""

from collections.abc import Mapping, Sequence

from apps.common.errors import Invalid
from apps.gateway.budgets.standing import STATES, Standing
from apps.gateway.models import Budget

CHOICES: dict[str, Sequence[str]] = {
    "scope": Budget.Scope.values,
    "every": Budget.Every.values,
    "state": STATES,
}


def filtered(standings: Sequence[Standing], params: Mapping[str, str]) -> list[Standing]:
    """Keep what the parameters ask for: `q` in the name, `scope`, `every`, `state`. Raises Invalid."""
    wanted = {name: params.get(name, "") for name in CHOICES}
    for name, word in wanted.items():
        if word and word not in CHOICES[name]:
            raise Invalid.at(name, f"Use one of {', '.join(CHOICES[name])}.")
    text = params.get("q", "").strip().lower()
    return [
        each
        for each in standings
        if text in each.name.lower()
        and wanted["scope"] in ("", each.budget.scope)
        and wanted["every"] in ("", each.budget.every)
        and wanted["state"] in ("", each.state)
    ]
