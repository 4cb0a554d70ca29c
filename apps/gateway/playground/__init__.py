"""The playground: a person asks several models the same, side by side, through the gateway."""
