"""The order desk: everything that is known of one order, and what staff may do about it."""
