"""A month of a shop's life for the demo: orders of every state with all that hangs on them. docs/demo.md."""
