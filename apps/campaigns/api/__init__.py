"""The API of access reviews."""
