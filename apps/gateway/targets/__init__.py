"""Which target a call is asked of, and asking it: the plan, the choice, one after another until one answers."""
