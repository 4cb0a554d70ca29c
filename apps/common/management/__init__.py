"""Commands of the common app."""
