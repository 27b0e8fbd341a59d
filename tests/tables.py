"""The tables that tests stand on: migrated once, copied by every run and every store of a test, emptied in between.

A migrated cluster is kept in ./var under a hash of the migrations, of the modules they name, of the requirements and of
how a cluster is made: with other content there is another folder, so a stale one is never met. A store under `./run`
still looks for itself whether anything is left to migrate.
"""

import ast
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from psycopg import sql

from supervisor.keeper import lock_alone
from supervisor.surroundings import ROOT, complete
from tests.settings import KEPT_OUT, RUN
from tests.waiting import wait_until

APPS = ("core", "accounts", "storefront", "payments", "fulfilment")
FOLDER = ROOT / "var" / "migrated"
# What migrating put there stays; nothing else did.
FILLED = ("django_migrations", "django_content_type", "auth_permission")
_PREPARE = "import os; from supervisor import prepare, surroundings; prepare.prepare(surroundings.complete(os.environ))"


def put_into(data: Path) -> None:
    """`data`, a STORE_DATA on which no server runs, has a cluster whose database is migrated; unless it has one."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (data / "pg").exists():
            return
        kept = FOLDER / fingerprint()
        if not kept.exists():
            _make(kept)
        draft = data / "pg.draft"
        data.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", "--reflink=auto", "--", str(kept), str(draft)], check=True)
        draft.rename(data / "pg")


def put_demo_into(data: Path) -> None:
    """As `put_into`, with what a demo store without its month finds prepared: made by whichever store of this run asks
    first, and gone with the run, as all of the store's code has a part in it."""
    kept = Path(f"{os.environ[RUN]}-demo")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "demo.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            draft = kept.with_name(f"{kept.name}-draft")
            put_into(draft)
            _manage(draft, "shell", "--verbosity", "0", "--no-imports", "--command", _PREPARE)
            with wait_until(lambda: lock_alone(draft / "supervisor.lock"), within=30):
                draft.rename(kept)
    if not (data / "pg").exists():
        subprocess.run(["cp", "-a", "--reflink=auto", "--", f"{kept}/.", str(data)], check=True)


def fingerprint() -> str:
    """A hash of the content of all that decides what the migrated database looks like."""
    content = hashlib.sha256(f"{sys.version_info[:2]} {os.geteuid()}".encode())
    for path in sorted(_sources()):
        content.update(f"\0{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return content.hexdigest()[:32]


def _sources() -> set[Path]:
    migrations = {path for app in APPS for path in (ROOT / app).rglob("migrations/*.py")}
    named = {found for path in migrations for found in _own_modules(path)}
    fixed = {ROOT / "requirements.txt", ROOT / "requirements-dev.txt", ROOT / "supervisor" / "servers.py"}
    return migrations | named | fixed | {Path(__file__)}


def _own_modules(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            module = ROOT.joinpath(*name.split("."))
            yield from (file for file in (module.with_suffix(".py"), module / "__init__.py") if file.is_file())


def _make(kept: Path) -> None:
    """The cluster stands in `kept`; those of other migrations are gone, as nobody will ask for them again."""
    for old in FOLDER.iterdir():
        if old.is_dir():
            shutil.rmtree(old)
    draft = FOLDER / "draft"
    _manage(draft, "migrate", "--no-input", "--verbosity", "0")
    # The servers end after the command did; a cluster is whole once they have.
    with wait_until(lambda: lock_alone(draft / "supervisor.lock"), within=30):
        (draft / "pg").rename(kept)
    shutil.rmtree(draft)


def _manage(data: Path, *words: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith((*KEPT_OUT, RUN))}
    environ |= {"STORE_DATA": str(data), "DJANGO_SETTINGS_MODULE": "config.settings", "DEMO_MONTH": "off"}
    command = [sys.executable, "manage.py", *words]
    subprocess.run(command, cwd=ROOT, env=environ, check=True, stdin=subprocess.DEVNULL)


def use_copy(name: str) -> None:
    """From now on the store's rows of this process are in the database `name`, a copy of the migrated one."""
    own = settings.DATABASES["default"]
    with psycopg.connect(complete(os.environ).environ["DATABASE_URL"], dbname="postgres", autocommit=True) as server:
        names = {"copy": sql.Identifier(name), "migrated": sql.Identifier(own["NAME"])}
        server.execute(sql.SQL("CREATE DATABASE {copy} TEMPLATE {migrated} STRATEGY file_copy").format(**names))
    own["NAME"] = connection.settings_dict["NAME"] = name


def is_migrated() -> bool:
    """Whether no migration of the checkout is missing in this process's database."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def empty() -> None:
    """No table has a row but those that migrating filled. Far quicker than TRUNCATE of all of them, as few are used."""
    with connection.cursor() as cursor:
        names = [name for name in connection.introspection.table_names(cursor) if name not in FILLED]
        any_row = [sql.SQL("EXISTS (SELECT FROM {})").format(sql.Identifier(name)) for name in names]
        cursor.execute(sql.SQL("SELECT ") + sql.SQL(", ").join(any_row))
        used = [name for name, has_rows in zip(names, cursor.fetchone() or (), strict=True) if has_rows]
        cursor.execute("SET session_replication_role = replica")  # foreign keys and triggers do not speak up meanwhile
        for name in used:
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        cursor.execute("SET session_replication_role = DEFAULT")
