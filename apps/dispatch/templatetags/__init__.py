"""Tags of the operator's console."""
