"""The product on one machine: embedded PostgreSQL and Redis, and one supervisor over everything.

Settings know only DATABASE_URL and REDIS_URL, so what runs here is what runs in production.
"""
