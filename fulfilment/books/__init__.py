"""Our accounts at suppliers as money: what was paid in, and a statement a day."""
