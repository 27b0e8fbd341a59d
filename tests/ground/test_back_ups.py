"""A back-up of a shop with money in it, put back on another machine: the same rows, files and a ledger that holds."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from config.env import postgres
from core.back_ups import database, sealed
from core.models import AuditEntry
from fulfilment.models import STOCK, SupplierAccount, TopUp
from payments.models import Transfer
from storefront.orders.models import Order
from supervisor.surroundings import ROOT, complete
from tests.conftest import Sandbox
from tests.fulfilment import desk
from tests.settings import RUN

pytestmark = pytest.mark.django_db(transaction=True)
PASSPHRASE = "a horse, a battery and a staple"


@pytest.fixture
def uploads(tmp_path: Path, settings) -> Path:
    settings.MEDIA_ROOT, settings.PRIVATE_ROOT = tmp_path / "media", tmp_path / "private"
    for folder, name in ((settings.MEDIA_ROOT, "a/picture.webp"), (settings.PRIVATE_ROOT, "report.jpg")):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(name.encode() * 1000)
    return tmp_path


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    """Runs manage.py of a store on another machine: an empty database and an empty folder, the same keys."""
    name = f"restored_{os.getpid()}"
    server = psycopg.connect(complete(os.environ).environ["DATABASE_URL"], dbname="postgres", autocommit=True)
    server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    around = complete(os.environ)
    environ = {key: value for key, value in around.environ.items() if key != RUN}
    environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": around.environ["DATABASE_URL"].replace("/gerbang?", f"/{name}?"),
        "POSTGRES_PROGRAMS": settings.POSTGRES_PROGRAMS,
        "STORE_DATA": str(tmp_path / "elsewhere"),
    }
    (tmp_path / "elsewhere").mkdir()

    def manage(*words: object, **more: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "manage.py", *map(str, words)]
        return subprocess.run(
            command, cwd=ROOT, env=environ | more, capture_output=True, text=True, timeout=240, check=False
        )

    manage.url = environ["DATABASE_URL"]  # type: ignore[attr-defined]
    yield manage
    server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    server.close()


@contextmanager
def rows_of(url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(url) as database:
        yield database


def passphrase(folder: Path) -> Path:
    file = folder / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    return file


def test_a_sealed_back_up_is_put_back_into_an_empty_store_whose_ledger_holds(
    uploads: Path, elsewhere, sandbox: Sandbox
) -> None:
    desk.shop()
    SupplierAccount.objects.get_or_create(code=STOCK, defaults={"name": "Stock", "currency": "IDR"})
    orders = [desk.paid() for _ in range(3)]
    moved = Transfer.objects.count()
    assert moved
    target = uploads / "kept" / "store.back-up"
    said = io.StringIO()
    call_command("back_up", target, passphrase_file=passphrase(uploads), with_keys=True, stdout=said)
    assert "sealed" in said.getvalue()
    assert target.stat().st_mode & 0o077 == 0
    whole = target.read_bytes()
    assert settings.ENCRYPTION_KEYS[0].encode() not in whole
    assert b"PGDMP" not in whole, "rows of a sealed back-up can be read"
    assert [path.name for path in target.parent.iterdir()] == ["store.back-up"], "drafts are left"

    words = ("restore", target, "--passphrase-file", passphrase(uploads))
    done = elsewhere(*words)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "the ledger holds" in done.stdout
    data = uploads / "elsewhere"
    assert (data / "media/a/picture.webp").read_bytes() == (uploads / "media/a/picture.webp").read_bytes()
    assert (data / "private/report.jpg").read_bytes() == (uploads / "private/report.jpg").read_bytes()
    with rows_of(elsewhere.url) as there:
        numbers = [row[0] for row in there.execute("SELECT number FROM storefront_order ORDER BY id")]
        assert numbers == [order.number for order in orders]
        assert there.execute("SELECT count(*) FROM payments_transfer").fetchone() == (moved,)
        # What was bought since is in no row: nothing is bought until somebody compared.
        held = there.execute(
            "SELECT code, circuit_opened_at IS NOT NULL, circuit_until, circuit_why FROM fulfilment_supplieraccount"
        ).fetchall()
        # A code of the stock that was sold since would be sold again.
        assert {code for code, *_ in held} >= {"gemgo", "stock"}
        assert all(opened and until is None and why.startswith("by hand: restored") for _, opened, until, why in held)
        case = there.execute("SELECT kind, state FROM core_staffcase WHERE kind = 'restored'").fetchall()
        assert case == [("restored", "OPEN")]
    assert Order.objects.count() == 3 and not AuditEntry.objects.filter(action="back-up restored").exists()

    again = elsewhere(*words)
    assert again.returncode == 1
    assert "has tables" in again.stderr

    keys = uploads / "keys.env"
    assert elsewhere(*words, "--keys-to", keys).returncode == 0
    assert f"ENCRYPTION_KEYS={','.join(settings.ENCRYPTION_KEYS)}\n" in keys.read_text()
    assert keys.stat().st_mode & 0o077 == 0


def test_what_cannot_be_put_back_whole_is_refused_before_anything_is_touched(uploads: Path, settings) -> None:
    target = uploads / "store.back-up"
    call_command("back_up", target, stdout=io.StringIO())
    with pytest.raises(CommandError, match="never replaces"):
        call_command("back_up", target)
    with pytest.raises(CommandError, match="give a passphrase"):
        call_command("back_up", uploads / "other", with_keys=True)
    with pytest.raises(CommandError, match="has tables"):
        call_command("restore", target)

    with tarfile.open(target) as tar:
        names = tar.getnames()
        manifest = json.loads(tar.extractfile("manifest.json").read())
    assert {"database.dump", "media/a/picture.webp", "private/report.jpg", "manifest.json"} == set(names)
    assert "keys.json" not in names
    assert settings.ENCRYPTION_KEYS[0] not in json.dumps(manifest)

    damaged = bytearray(target.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (uploads / "damaged").write_bytes(damaged)
    with pytest.raises(CommandError, match=r"damaged|cannot be read"):
        call_command("restore", uploads / "damaged")
    (uploads / "cut").write_bytes(target.read_bytes()[:5000])
    with pytest.raises(CommandError, match=r"damaged|cannot be read|no back-up"):
        call_command("restore", uploads / "cut")

    settings.ENCRYPTION_KEYS = ["b" * 43 + "="]
    with pytest.raises(CommandError, match="ENCRYPTION_KEYS does not hold"):
        call_command("restore", target)
    assert not TopUp.objects.exists() and connection.introspection.table_names()


def test_a_password_goes_to_postgresql_s_programs_by_the_environment_alone(monkeypatch) -> None:
    given = postgres("DATABASE_URL", "postgresql://shop:s3cret-word@db.inside:6432/gerbang?sslmode=verify-full")
    monkeypatch.setattr(database, "connection", SimpleNamespace(settings_dict=given))
    called: list[tuple] = []

    def run(command, env, **_):
        called.append((command, env))
        return subprocess.CompletedProcess(command, 1, "", "pg_dump: error: no such host\n")

    monkeypatch.setattr(subprocess, "run", run)
    with pytest.raises(database.Failed, match="no such host"):
        database.dump(Path("/nowhere"))
    ((command, env),) = called
    assert "s3cret-word" not in " ".join(command)
    told = {name: value for name, value in env.items() if name.startswith("PG")}
    assert told.items() >= {"PGPASSWORD": "s3cret-word", "PGHOST": "db.inside", "PGPORT": "6432"}.items()
    assert told.items() >= {"PGUSER": "shop", "PGDATABASE": "gerbang", "PGSSLMODE": "verify-full"}.items()


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 2 * 1024 * 1024 + 7])
def test_a_sealed_file_opens_whole_or_not_at_all(size: int) -> None:
    plain, file = os.urandom(size), io.BytesIO()
    sealed.seal(io.BytesIO(plain), file, PASSPHRASE)
    kept, opened = file.getvalue(), io.BytesIO()
    sealed.unseal(io.BytesIO(kept), opened, PASSPHRASE)
    assert opened.getvalue() == plain
    head = len(sealed.MAGIC) + 16 + 7
    piece = 1024 * 1024 + 16
    others = [kept[:-1], kept + b"x", kept[:-20] + b"\0" + kept[-19:], kept[:head] if size else kept[: head - 1]]
    if size > 2 * 1024 * 1024:
        others += [
            kept[: head + piece],
            kept[:head] + kept[head + piece : head + 2 * piece] + kept[head : head + piece],
        ]
    for other in others:
        with pytest.raises(sealed.NotOpened):
            sealed.unseal(io.BytesIO(other), io.BytesIO(), PASSPHRASE)
    with pytest.raises(sealed.NotOpened):
        sealed.unseal(io.BytesIO(kept), io.BytesIO(), "another passphrase")
