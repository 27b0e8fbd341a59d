"""The JSON door of the last stage."""
