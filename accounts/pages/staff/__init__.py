"""How staff enter the back office, and what it keeps them from before they have."""
