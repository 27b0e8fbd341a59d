"""Digiflazz, the second supplier, as the store meets it on the wire."""
