"""A back-up is one file: a tar of `manifest.json`, `database.dump` and the uploads; sealed if there is a passphrase."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from core.back_ups import database, sealed
from core.sealing import key_mark, key_marks

FORMAT = 1
LEAST_PASSPHRASE = 12
MANIFEST, ROWS, KEYS = "manifest.json", "database.dump", "keys.json"
# What is uploaded: shown to everyone, and shown by doors alone.
FOLDERS = {"media": "MEDIA_ROOT", "private": "PRIVATE_ROOT"}


class Unfit(Exception):
    """This back-up cannot be made or put back here; the text says why and what to do."""


@dataclass(frozen=True)
class Manifest:
    """What a back-up says of itself. `files` maps each path in it to its SHA-256; `key` marks the key in use."""

    format: int
    made_at: str
    shop: str
    postgres: str
    migrations: list[str]
    key: str
    files: dict[str, str]


def make(target: Path, *, passphrase: str = "", with_keys: bool = False) -> Manifest:
    """A whole back-up stands at `target`, readable by its owner alone; nothing stands there if anything failed.

    The uploads are read after the rows, so that every file a row names is in it; what came later does no harm.
    `with_keys` puts ENCRYPTION_KEYS and SECRET_KEY in, for which a passphrase is needed. Raises Unfit or
    database.Failed.
    """
    if with_keys and not passphrase:
        raise Unfit("Keys are only kept in a sealed back-up: give a passphrase, or leave the keys out.")
    if target.exists():
        raise Unfit(f"{target} is there already; a back-up never replaces another one.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".back-up-", dir=target.parent) as name:
        folder = Path(name)
        database.dump(folder / ROWS)
        with _new(folder / "plain") as plain:
            manifest = _gather(folder, plain, with_keys=with_keys)
            if passphrase:
                plain.seek(0)
                with _new(folder / "sealed") as file:
                    sealed.seal(plain, file, passphrase)
        (folder / ("sealed" if passphrase else "plain")).replace(target)
    return manifest


@contextmanager
def opened(source: Path, *, passphrase: str = "") -> Iterator[tuple[Manifest, Path]]:
    """The back-up's manifest and a folder with its parts, each of which is what it was; the folder goes afterwards.

    Raises Unfit where the file is no back-up, is damaged, or does not open with the passphrase.
    """
    with tempfile.TemporaryDirectory(prefix="restore-", dir=settings.STORE_DATA) as name:
        folder = Path(name)
        parts = folder / "parts"
        try:
            with open(source, "rb") as file:
                if not sealed.is_sealed(file):
                    plain = source
                elif not passphrase:
                    raise Unfit("This back-up is sealed: name the file with its passphrase.")
                else:
                    plain = folder / "plain.tar"
                    with open(plain, "wb") as target:
                        sealed.unseal(file, target, passphrase)
            with tarfile.open(plain) as tar:
                tar.extractall(parts, filter="data")
            manifest = _read(parts)
        except (OSError, tarfile.TarError, sealed.NotOpened) as problem:
            raise Unfit(f"{source} cannot be read: {problem}") from problem
        yield manifest, parts


def ensure_fits(manifest: Manifest, parts: Path) -> None:
    """Raises Unfit unless this code, these keys and this empty place can take the back-up."""
    known = {".".join(migration) for migration in MigrationLoader(None).disk_migrations or ()}
    newer = sorted(set(manifest.migrations) - known)
    if newer:
        raise Unfit(f"The back-up is of newer code than this: it knows {', '.join(newer[:3])}. Install that release.")
    if manifest.key not in key_marks():
        kept = "; it holds the keys itself: write them out with --keys-to FILE" if KEYS in manifest.files else ""
        raise Unfit(f"ENCRYPTION_KEYS does not hold the key that sealed codes, tokens and pay-outs in it{kept}.")
    if not database.is_empty():
        raise Unfit("The database has tables. A back-up is put into an empty one only: make one, and name it.")
    for part, setting in FOLDERS.items():
        place = Path(getattr(settings, setting))
        if (parts / part).exists() and place.exists() and any(place.iterdir()):
            raise Unfit(f"{place} is not empty: move away what is in it.")


def put_back(parts: Path) -> None:
    """Rows and uploads are where the store looks for them. Rows first, all or none: a failure leaves an empty place."""
    database.load(parts / ROWS)
    for part, setting in FOLDERS.items():
        if (parts / part).exists():
            shutil.copytree(parts / part, getattr(settings, setting), dirs_exist_ok=True)


def write_keys(parts: Path, target: Path) -> None:
    """The keys that the back-up holds stand in `target`, as lines of an environment file for its owner alone."""
    if not (parts / KEYS).exists():
        raise Unfit("This back-up holds no keys.")
    kept: dict[str, str] = json.loads((parts / KEYS).read_text())
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{name}={value}\n" for name, value in kept.items())


def _gather(folder: Path, plain: IO[bytes], *, with_keys: bool) -> Manifest:
    """A tar of everything stands in `plain`, its manifest last."""
    hashes: dict[str, str] = {}
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add(tar, folder / ROWS, ROWS, hashes)
        for part, setting in FOLDERS.items():
            root = Path(getattr(settings, setting))
            for path in sorted(path for path in root.rglob("*") if path.is_file()):
                _add(tar, path, f"{part}/{path.relative_to(root).as_posix()}", hashes)
        if with_keys:
            keys = {"ENCRYPTION_KEYS": ",".join(settings.ENCRYPTION_KEYS), "SECRET_KEY": settings.SECRET_KEY}
            _add_text(tar, KEYS, json.dumps(keys), hashes)
        manifest = Manifest(
            format=FORMAT,
            made_at=timezone.now().isoformat(timespec="seconds"),
            shop=settings.SHOP_NAME,
            postgres=database.server_version(),
            migrations=sorted(".".join(applied) for applied in MigrationLoader(connection).applied_migrations),
            key=key_mark(),
            files=dict(hashes),
        )
        _add_text(tar, MANIFEST, json.dumps(asdict(manifest), indent=1), hashes)
    return manifest


def _add(tar: tarfile.TarFile, path: Path, name: str, hashes: dict[str, str]) -> None:
    try:
        file = open(path, "rb")  # noqa: SIM115 (closed below; what was deleted meanwhile is not missed)
    except FileNotFoundError:
        return
    with file:
        entry = tar.gettarinfo(arcname=name, fileobj=file)
        hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        tar.addfile(_plain(entry), file)


def _add_text(tar: tarfile.TarFile, name: str, text: str, hashes: dict[str, str]) -> None:
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    hashes[name] = hashlib.sha256(content).hexdigest()
    tar.addfile(_plain(entry), BytesIO(content))


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without this machine's users and rights."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o644
    return entry


def _read(parts: Path) -> Manifest:
    """The manifest, once every file is there and is what it was."""
    try:
        told = json.loads((parts / MANIFEST).read_text())
        if told["format"] != FORMAT:
            raise Unfit(f"The back-up has format {told['format']}; this release reads {FORMAT}.")
        manifest = Manifest(**told)
    except (OSError, ValueError, KeyError, TypeError) as problem:
        raise Unfit("This is no back-up of a store: its manifest is missing or unreadable.") from problem
    found = {path.relative_to(parts).as_posix() for path in parts.rglob("*") if path.is_file()} - {MANIFEST}
    odd = found ^ set(manifest.files)
    odd |= {name for name in found & set(manifest.files) if _hash(parts / name) != manifest.files[name]}
    if odd:
        raise Unfit(f"The back-up is damaged: {', '.join(sorted(odd)[:3])}. Take another one.")
    return manifest


def _hash(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone, on the disk when the block ends."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def passphrase_in(file: Path | None) -> str:
    """What stands in the file, without the line's end; "" where no file is named. Raises Unfit for an empty one."""
    if file is None:
        return ""
    try:
        passphrase = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise Unfit(f"{file} cannot be read ({type(problem).__name__}).") from problem
    if len(passphrase) < LEAST_PASSPHRASE:
        raise Unfit(f"{file} holds no passphrase of at least {LEAST_PASSPHRASE} characters.")
    return passphrase


def name_of_now() -> str:
    return f"{settings.SHOP_NAME.lower()}-{timezone.now():%Y%m%dT%H%M%SZ}.back-up"
