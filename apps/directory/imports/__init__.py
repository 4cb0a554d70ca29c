"""People who come from another sign-in service, with their passwords."""
