"""Pages of providers: those that are known, connecting them, and their keys."""
