#!/usr/bin/env python
"""Commands of the store. Same environment as ./run, same database and Redis, whether the store runs or not."""

import os
import sys
from contextlib import nullcontext

from django.core.management import execute_from_command_line

from config.env import BadValue
from supervisor.keeper import embedded_servers
from supervisor.surroundings import Unusable, complete

# These read and write files only.
WITHOUT_SERVERS = {"help", "version", "--help", "--version", "makemessages", "compilemessages", "collectstatic"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    try:
        needed = nullcontext() if command in WITHOUT_SERVERS else embedded_servers(complete(os.environ))
        with needed:
            execute_from_command_line(sys.argv)
    except (BadValue, Unusable) as problem:
        sys.exit(f"manage.py: {problem}")


if __name__ == "__main__":
    main()
