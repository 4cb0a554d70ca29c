"""Tags of the trigger pages."""
