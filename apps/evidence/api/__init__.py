"""The API of evidence packs."""
