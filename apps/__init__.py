"""The floors of the house; pyproject.toml names them from top to bottom."""
