"""What staff keep in the shop as files: one sheet per table, by what staff call its rows."""
