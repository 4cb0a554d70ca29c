"""Settings: `base` holds what all share; `dev`, `test` and `prod` only differ."""
