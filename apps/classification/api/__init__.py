"""The API of classes of data."""
