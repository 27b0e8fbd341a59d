"""What can be paid, at whichever gateway: one table, so that the newest of an invoice is found whoever holds it."""
