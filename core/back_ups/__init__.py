"""Copies of the store: one file with the database and the uploads, checked, sealed where wished."""
