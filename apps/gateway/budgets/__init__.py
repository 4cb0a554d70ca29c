"""Money: reserved before a call, settled after it, and never more than the budgets that bind it."""
