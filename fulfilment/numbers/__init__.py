"""What the shop sold, what that cost and what is left, per day: summed from the ledger, never estimated."""
