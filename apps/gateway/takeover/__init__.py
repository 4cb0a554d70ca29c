"""Taking over what a LiteLLM proxy was set up with: its config.yaml becomes providers, keys and routes."""
