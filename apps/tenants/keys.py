"""Names outside the database, which must carry the schema because ids repeat between tenants."""

from apps.tenants.context import current_schema


def cache_key(key: str, prefix: str, version: int) -> str:
    """Return the stored form of a cache key (Django's KEY_FUNCTION)."""
    return f"cache:{current_schema()}:{prefix}:{version}:{key}"


def group_name(name: str) -> str:
    """Return the channel group of the current tenant for a name like `run.<id>`."""
    return f"{current_schema()}.{name}"
