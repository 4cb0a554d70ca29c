"""The API of services."""
