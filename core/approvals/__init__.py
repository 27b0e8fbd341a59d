"""What one member of staff asks for and another approves: refunds above a limit, balances, what a stage registers."""
