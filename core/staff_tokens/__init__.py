"""Keys by which scripts use the admin API: made by a member of staff, who answers for what is done with them."""
