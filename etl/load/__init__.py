"""Load: points to line protocol, and from the outbox into a store."""
