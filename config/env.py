"""Typed readers of the environment: every setting comes through one, and a bad value is named in one clear line."""

from base64 import urlsafe_b64decode
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from core.money import Money


class BadValue(Exception):
    """A variable of the environment is missing or says something that cannot be meant."""


@dataclass(frozen=True)
class Environment:
    """Reads one mapping of variables. An empty value counts as not given."""

    values: Mapping[str, str]

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise BadValue(f"{name} is not set.")
        return default

    def secret(self, name: str, default: str | None = None) -> str:
        """The secret itself, or the content of the file that NAME_FILE names. The value never stands in an error."""
        file = self.values.get(f"{name}_FILE", "").strip()
        if not file:
            return self.text(name, default)
        if self.values.get(name, "").strip():
            raise BadValue(f"{name} and {name}_FILE are both set: leave one out.")
        try:
            value = Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadValue(f"{name}_FILE: cannot read {file} ({type(error).__name__}).") from error
        if not value:
            raise BadValue(f"{name}_FILE: {file} is empty.")
        return value

    def integer(self, name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
        """A whole number within its bounds."""
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError:
            raise BadValue(f"{name} must be a whole number, not {value!r}.") from None
        self._within(name, number, least, most)
        return number

    def seconds(self, name: str, default: float, *, least: float = 0.0) -> float:
        """A span of time in seconds; fractions are allowed."""
        value = self.text(name, str(default))
        try:
            number = float(value)
        except ValueError:
            raise BadValue(f"{name} must be a number of seconds, not {value!r}.") from None
        if number != number or number == float("inf"):
            raise BadValue(f"{name} must be a number of seconds, not {value!r}.")
        self._within(name, number, least, None)
        return number

    def switch(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "on" if default else "off").lower()
        if value not in ("on", "off"):
            raise BadValue(f"{name} must be 'on' or 'off', not {value!r}.")
        return value == "on"

    def words(self, name: str, default: str = "") -> list[str]:
        """A list, separated by commas."""
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def amounts(self, name: str, default: str) -> dict[str, Money]:
        """Amounts by currency, in major units: "IDR:500000,SGD:45"."""
        found = {}
        for word in self.words(name, default):
            currency, _, major = word.partition(":")
            try:
                found[currency] = Money.of(Decimal(major), currency)
            except (ArithmeticError, ValueError):
                raise BadValue(f"{name} must list amounts such as IDR:500000,SGD:45, not {word!r}.") from None
        return found

    def address(self, name: str, default: str | None = None) -> str:
        """An http or https address without a trailing slash."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable or " " in value:
            raise BadValue(f"{name} must be an http or https address, not {value!r}.")
        return value.rstrip("/")

    def optional_address(self, name: str) -> str:
        """An address as above; "" where none is given, or the word off."""
        return "" if self.text(name, "off") == "off" else self.address(name)

    def networks(self, name: str, default: str) -> list[str]:
        """Addresses and networks, as they were written."""
        for word in self.words(name, default):
            try:
                ip_network(word, strict=False)
            except ValueError:
                raise BadValue(f"{name} must list addresses or networks such as 10.0.0.0/8, not {word!r}.") from None
        return self.words(name, default)

    def origins(self, name: str) -> list[str]:
        """Web origins: scheme, host and port, nothing behind."""
        for word in self.words(name):
            parts = urlsplit(word)
            if parts.scheme not in ("http", "https") or not parts.netloc or f"{parts.scheme}://{parts.netloc}" != word:
                raise BadValue(f"{name} must list origins such as https://shop.example, not {word!r}.")
        return self.words(name)

    def fernet_keys(self, name: str) -> list[str]:
        """Keys of 32 bytes in URL-safe base64. They never stand in an error."""
        keys = [key.strip() for key in self.secret(name).split(",") if key.strip()]
        for number, key in enumerate(keys, 1):
            try:
                length = len(urlsafe_b64decode(key))
            except ValueError:
                length = 0
            if length != 32:
                raise BadValue(f"{name}: key {number} is no Fernet key (32 bytes in URL-safe base64).")
        return keys

    def choice(self, name: str, default: str, among: Collection[str]) -> str:
        value = self.text(name, default)
        if value not in among:
            raise BadValue(f"{name} must be one of {', '.join(among)}, not {value!r}.")
        return value

    def _within(self, name: str, number: float, least: float, most: float | None) -> None:
        if number < least:
            raise BadValue(f"{name} must be at least {least}, not {number}.")
        if most is not None and number > most:
            raise BadValue(f"{name} must be at most {most}, not {number}.")


def postgres(name: str, url: str) -> dict[str, Any]:
    """Django's description of the database at `postgresql://user:password@host:port/name?option=value`.

    A socket's directory goes into the option `host`. Passwords never stand in an error.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadValue(f"{name} is not a readable address.") from None
    database = unquote(parts.path.lstrip("/"))
    if parts.scheme not in ("postgres", "postgresql") or not database:
        raise BadValue(f"{name} must look like postgresql://user:password@host:5432/name.")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database,
        "USER": unquote(parts.username or "") or options.pop("user", ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or "") or options.pop("host", ""),
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def redis(name: str, url: str, *, further: int = 0) -> str:
    """The address of a Redis database as redis-py reads it, `further` databases after the one that `url` names.

    `redis://`, `rediss://` (number in the path) and `unix://` (number in the option `db`) are understood.
    """
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query))
        number = int(options.pop("db", "") or ("" if parts.scheme == "unix" else parts.path.strip("/")) or 0)
    except ValueError:
        raise BadValue(f"{name} is not a readable address.") from None
    query = "".join(f"&{key}={value}" for key, value in options.items())
    if parts.scheme == "unix" and parts.path:
        return f"unix://{parts.path}?db={number + further}{query}"
    if parts.scheme in ("redis", "rediss") and parts.hostname:
        return f"{parts.scheme}://{parts.netloc}/{number + further}" + (f"?{query[1:]}" if query else "")
    raise BadValue(f"{name} must look like redis://host:6379/0 or unix:///path/redis.sock?db=0.")


def broker(url: str) -> str:
    """The same Redis database as Celery's broker wants it written."""
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return url
    return f"redis+socket://{parts.path}?virtual_host={dict(parse_qsl(parts.query)).get('db', '0')}"


def mail(name: str, url: str) -> dict[str, Any]:
    """Django's mail settings for `smtp://`, `smtp+tls://` or `smtp+ssl://user:password@host:port`."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadValue(f"{name} is not a readable address.") from None
    if parts.scheme not in ("smtp", "smtp+tls", "smtp+ssl") or not parts.hostname:
        raise BadValue(f"{name} must look like smtp+tls://user:password@host:587.")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtp+ssl",
        "EMAIL_TIMEOUT": 20,
    }
