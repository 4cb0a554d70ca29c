"""Who has what: people and programs with their roles, keys and tokens, and since when nobody used them."""
