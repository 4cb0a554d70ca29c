"""Commands of the platform's providers."""
