"""Commands of the evidence app."""
