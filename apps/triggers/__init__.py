"""What starts runs: schedules, webhooks and events of other runs."""
