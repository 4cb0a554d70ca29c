"""The platform API, on the administration's host alone."""
