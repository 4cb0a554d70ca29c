"""The API of reviews."""
