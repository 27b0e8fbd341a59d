"""Alerts, quiet but never silent: one incident per thing that is wrong, told once, and once more when it is over.

Rules are rows that staff set, figures those of core.figures. Who looks, and who does when nobody can: watching.py. Why
so: docs/decisions/0025-operations.md
"""
