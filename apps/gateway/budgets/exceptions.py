"""What can go wrong with a budget."""

from apps.common.errors import Conflict, Invalid


class BadBudget(Invalid):
    """The budget cannot be saved like this."""

    code = "bad_budget"


class BudgetTaken(Conflict):
    """There is such a budget already. Change that one."""

    code = "budget_taken"
