"""RelayCore: providers, routes, and the ledger of what calls to models cost."""
