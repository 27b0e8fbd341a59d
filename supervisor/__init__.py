"""Brings up and watches everything the store runs on: environment, embedded servers, processes."""
