"""The API of credentials."""
