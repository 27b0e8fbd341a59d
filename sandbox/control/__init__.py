"""Knobs for load generators, fault tests and people."""
