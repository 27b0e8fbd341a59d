"""What the sandbox remembers: rows in SQLite, the faults that are switched on, and what is due later."""
