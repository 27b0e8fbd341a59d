"""Several things at the same time, as several workers would do them."""

import threading
from collections.abc import Callable

from django.db import connections


def at_once(*works: Callable[[], object]) -> list[BaseException]:
    """All of it has run at the same time, each with a connection of its own; what was raised."""
    start, raised = threading.Barrier(len(works)), list[BaseException]()

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
        except BaseException as problem:
            raised.append(problem)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
