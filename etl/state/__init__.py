"""State: the cursor, known runs, response tags and the outbox, in one database."""
