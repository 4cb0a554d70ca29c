"""Pages of providers: the directory of those that are known, connecting them, and their keys."""
