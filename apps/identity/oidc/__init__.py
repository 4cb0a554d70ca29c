"""OpenID Connect: asking a provider, and believing nothing of its answer that is not proved."""
