"""A stand-in for Google's identity service."""
