"""The admin API, /admin/v2: what the back office does, for scripts with a staff token. No rule is decided here."""
