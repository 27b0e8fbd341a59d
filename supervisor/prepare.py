"""Brings a store's data up to date: tables, roles, static files and a demo's catalogue. Skipped if none has changed."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

import django
import psycopg
from django.core.management import call_command, get_commands
from psycopg import sql

from config import settings
from supervisor.surroundings import ROOT, Surroundings

# The demo catalogue counts as missing while this table has no row.
CATALOGUE = "storefront_product"


def is_prepared(surroundings: Surroundings) -> bool:
    """Whether the last preparation was for this very code and this very database."""
    if not surroundings.own_postgres or _read(_mark(surroundings.data)) != fingerprint():
        return False
    return not settings.DEMO or _has_catalogue(surroundings)


def fingerprint() -> str:
    """A hash of all that preparing depends on: migrations, roles, static files, demo data, requirements."""
    content = hashlib.sha256(f"{version('django')} {settings.DEMO} {settings.DEMO_MONTH}".encode())
    for path in _sources():
        seen = path.stat()
        content.update(f"{path.relative_to(ROOT)} {seen.st_size} {seen.st_mtime_ns}\n".encode())
    return content.hexdigest()


def _sources() -> Iterable[Path]:
    yield ROOT / "requirements.txt"
    yield ROOT / "accounts" / "roles.py"
    for app in ("core", "accounts", "storefront", "payments", "fulfilment"):
        yield from _files(ROOT / app / "migrations", ".py")
    yield from _files(ROOT / "demo", ".py")
    yield from _files(ROOT / "static", "")


def _files(folder: Path, ending: str) -> Iterator[Path]:
    found = [Path(parent) / name for parent, _, names in os.walk(folder) for name in names if name.endswith(ending)]
    return iter(sorted(found))


def _mark(data: Path) -> Path:
    return data / "pg" / "prepared"  # inside the cluster: it goes when the rows go


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _has_catalogue(surroundings: Surroundings) -> bool:
    look = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(CATALOGUE))
    try:
        with psycopg.connect(surroundings.environ["DATABASE_URL"], connect_timeout=5) as connection:
            row = connection.execute(look).fetchone()
    except psycopg.Error:
        return False
    return bool(row and row[0])


def prepare(surroundings: Surroundings) -> None:
    """Tables, roles and static files are current; an empty demo store has its catalogue."""
    now = fingerprint()
    django.setup()
    call_command("migrate", interactive=False, verbosity=1)
    call_command("sync_roles")
    call_command("collectstatic", interactive=False, verbosity=0)
    if settings.DEMO and "load_demo" in get_commands():
        call_command("load_demo", if_empty=True)
        if settings.DEMO_MONTH:
            call_command("load_demo_month")
    if surroundings.own_postgres:
        _mark(surroundings.data).write_text(now)


if __name__ == "__main__":
    from supervisor.surroundings import complete

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    prepare(complete(os.environ))
