"""The API of the report on access."""
