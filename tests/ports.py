"""Ports for stores and sandboxes under test."""

import random
import socket


def free_pair() -> int:
    """A port of 127.0.0.1 which is free together with the next one: a store's and its sandbox's.

    They lie below the range from which the kernel takes the local ends of outgoing connections.
    """
    for port in random.SystemRandom().sample(range(20000, 31998, 2), 200):
        if is_free(port) and is_free(port + 1):
            return port
    raise RuntimeError("no two neighbouring ports are free")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
