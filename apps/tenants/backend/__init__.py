"""Django's PostgreSQL backend, with the tenant of the context on every cursor."""
