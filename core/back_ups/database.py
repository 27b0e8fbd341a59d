"""The database as one file and back again, by PostgreSQL's own programs: one moment of a running store."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from django.conf import settings
from django.db import connection


class Failed(Exception):
    """A program of PostgreSQL's is missing or complained; the text says what it said."""


def dump(target: Path) -> None:
    """All rows and tables stand in `target`, as they were at one moment. Readers and writers are not held up."""
    _do("pg_dump", "--format=custom", "--compress=6", "--no-owner", "--no-privileges", f"--file={target}")


def load(source: Path) -> None:
    """What was dumped is in the database; all of it, or nothing and Failed."""
    options = ("--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges")
    _do("pg_restore", *options, f"--dbname={connection.settings_dict['NAME']}", str(source))
    # The planner knows nothing of rows that came in this way, and would guess for hours.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def is_empty() -> bool:
    """Whether the database has no table at all, so that nothing can be mixed up with or lost."""
    return not connection.introspection.table_names()


def server_version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return str(cursor.fetchone()[0])


def _do(program: str, *words: str) -> None:
    path = str(Path(settings.POSTGRES_PROGRAMS) / program) if settings.POSTGRES_PROGRAMS else program
    try:
        done = subprocess.run(
            [path, "--no-password", *words], env=os.environ | _environ(), capture_output=True, text=True, check=False
        )
    except OSError as problem:
        raise Failed(
            f"{path} cannot be started ({problem.strerror}): install PostgreSQL's client programs, "
            "or name their folder in POSTGRES_PROGRAMS."
        ) from problem
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise Failed(f"{program}: {' / '.join(lines[:5])}")


def _environ() -> dict[str, str]:
    """libpq's own variables: a password on a command line would be seen by everyone on the machine."""
    given = connection.settings_dict
    words = {
        "PGDATABASE": given["NAME"],
        "PGUSER": given["USER"],
        "PGPASSWORD": given["PASSWORD"],
        "PGHOST": given["HOST"],
        "PGPORT": given["PORT"],
    }
    options = {"PGSSLMODE": "sslmode", "PGSSLROOTCERT": "sslrootcert", "PGSSLCERT": "sslcert", "PGSSLKEY": "sslkey"}
    words |= {name: given["OPTIONS"].get(option, "") for name, option in options.items()}
    return {name: str(value) for name, value in words.items() if value}
