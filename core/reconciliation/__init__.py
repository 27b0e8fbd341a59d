"""What our books and an outer party's tell differently: one row each, kept until they agree."""
