"""The platform's own providers as staff keep them: forms of their console, and what the environment names."""
