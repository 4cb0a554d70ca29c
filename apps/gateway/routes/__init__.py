"""Which target of a route a call goes to: what is wanted, what is known, the choice and its reasons."""
