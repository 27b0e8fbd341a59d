"""Google's signing key and id tokens, for made-up people."""

import base64
import hashlib
import os
import threading
import time
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sandbox import surroundings

ISSUER = "https://accounts.google.com"
LIFE_S = 3_600
_lock = threading.Lock()
_key: rsa.RSAPrivateKey | None = None


def _signing_key() -> rsa.RSAPrivateKey:
    """The key in the data directory; made once, so that tokens outlive a restart."""
    global _key
    with _lock:
        if _key is None:
            path = surroundings.DATA / "google-key.pem"
            if not path.exists():
                made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
                pem = made.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                new = path.with_suffix(".new")
                with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                    file.write(pem)
                new.replace(path)
            loaded = serialization.load_pem_private_key(path.read_bytes(), None)
            assert isinstance(loaded, rsa.RSAPrivateKey)
            _key = loaded
        return _key


def _base64(number: int) -> str:
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def key_set() -> dict[str, Any]:
    """The public half, as a JWK set."""
    numbers = _signing_key().public_key().public_numbers()
    public = {"kty": "RSA", "use": "sig", "alg": "RS256", "n": _base64(numbers.n), "e": _base64(numbers.e)}
    return {"keys": [{**public, "kid": _key_id(numbers)}]}


def _key_id(numbers: rsa.RSAPublicNumbers) -> str:
    return hashlib.sha256(str(numbers.n).encode()).hexdigest()[:16]


def subject_of(email: str) -> str:
    """A person's id: 21 digits, the same for the same address."""
    return str(int(hashlib.sha256(email.casefold().encode()).hexdigest(), 16))[:21]


def claims_of(person: Mapping[str, Any]) -> dict[str, Any]:
    """The claims of an id token; whatever `person` holds (iss, aud and exp too) goes before the defaults."""
    now = int(time.time())
    email = str(person.get("email", "google.customer@example.com"))
    given, family = str(person.get("given_name", "Google")), str(person.get("family_name", "Customer"))
    defaults = {
        "iss": ISSUER,
        "aud": surroundings.GOOGLE_CLIENT_ID,
        "azp": surroundings.GOOGLE_CLIENT_ID,
        "sub": subject_of(email),
        "email": email,
        "email_verified": True,
        "given_name": given,
        "family_name": family,
        "name": f"{given} {family}".strip(),
        "iat": now,
        "exp": now + LIFE_S,
    }
    return {**defaults, **person}


def id_token(person: Mapping[str, Any]) -> str:
    """A signed id token (RS256)."""
    key = _signing_key()
    key_id = _key_id(key.public_key().public_numbers())
    return jwt.encode(claims_of(person), key, algorithm="RS256", headers={"kid": key_id})
