"""Commands of the local app."""
