"""`./run`, once its environment is there."""

import os
import signal
import sys

# Until the store itself listens, there is nothing to end but this process.
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, lambda *_: sys.exit(0))

from config.env import BadValue  # noqa: E402
from supervisor.surroundings import Unusable  # noqa: E402


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from supervisor.store import Run  # it reads the settings, and a bad value speaks up right here

        Run()()
    except (BadValue, Unusable) as problem:
        sys.exit(f"run: {problem}")


if __name__ == "__main__":
    main()
