"""Access tokens of the company's identity provider, accepted on the API."""
