"""The API of archives."""
