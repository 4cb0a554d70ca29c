"""The API of triggers."""
