"""Sheets: what staff keep, as a file that goes out, is edited anywhere, and comes back (docs/catalogue.md)."""
