"""Whether the store is alive, able to serve, and how it is doing."""
