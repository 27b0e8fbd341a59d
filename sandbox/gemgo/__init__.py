"""GemGo, the supplier, as the store meets it on the wire."""
