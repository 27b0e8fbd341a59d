"""For how long queues have been silent: who takes from one is given time, and time again after a start."""

from collections.abc import Collection, Iterable

# A fresh worker may take this long until it takes its first task, on a machine that has more to start.
START_TAKES = 60.0


class Silence:
    """Told at every look which queues are silent; says which of them have been so for `patience` seconds of looking."""

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._until: dict[str, float] = {}

    def overdue(self, silent: Collection[str], now: float) -> set[str]:
        """The queues whose workers should be started again. One that was heard of begins anew."""
        self._until = {queue: self._until.get(queue, now + self.patience) for queue in silent}
        return {queue for queue, until in self._until.items() if now >= until}

    def forgive(self, queues: Iterable[str], now: float) -> None:
        """Whoever takes from these queues was started just now."""
        self._until |= dict.fromkeys(queues, now + START_TAKES + self.patience)
