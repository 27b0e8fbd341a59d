"""Goods that are codes: our own stock of them, who got which, and who has seen it. Why so: docs/decisions/0014."""
