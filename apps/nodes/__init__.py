"""Node types: the contract, the registry, the catalogue, and one file for each type in `types/`."""
