"""Several workers on one state: Procrastinate's queue on the PostgreSQL that holds it."""
