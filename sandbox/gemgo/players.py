"""Who GemGo says a player is. Names are made from the id, so the same id always has the same name."""

import hashlib
import re
from typing import Any

from sandbox.gemgo.catalogue import Game

KNOWN = {("mlbb", "656696292"): ("8610", "り い こ ✧")}
NOT_FOUND = "Player not found"

_FIRST = (
    "Arjuna", "Bayu", "Cakra", "Dewi", "Elang", "Fajar", "Garuda", "Harimau", "Intan", "Jaka", "Kirana", "Langit",
    "Merah", "Naga", "Ombak", "Pandawa", "Rimba", "Senja", "Tirta", "Wira",
)  # fmt: skip
_SECOND = (
    "Sakti", "Malam", "Gaming", "Kecil", "Store", "Hitam", "Jingga", "Lagi", "Muda", "Pro", "Raya", "Satu", "Timur",
    "Utara", "Xtra", "Ceria", "Besi", "Petir", "Santai", "Abadi",
)  # fmt: skip
_UNICODE = (
    "ツ {} ツ", "★彡 {} 彡★", "さくら・{}", "『{}』", "✧ {} ✧", "꧁ {} ꧂", "Đ {} ł", "火影 {}", "한별 {}", "Ñandú {}",
)  # fmt: skip
_PEOPLE = ("BUDI SANTOSO", "SITI AMINAH", "AGUS WIJAYA", "DEWI LESTARI", "RIZKY PRATAMA", "PUTRI HANDAYANI")
_DIGITS = re.compile(r"\d{1,24}")
_ZONE = re.compile(r"\d{1,8}")
_PHONE = re.compile(r"\+?\d{8,15}")
_METER = re.compile(r"\d{11,12}")


def check(game: Game, user_id: str, server_id: str) -> dict[str, str]:
    """GemGo's answer to check_player: `valid` is a string, "valid" or "invalid"."""
    name = _name(game.player, game.game_code.removesuffix("_id"), user_id.strip(), server_id.strip())
    return {"valid": "invalid", "message": NOT_FOUND} if name is None else {"valid": "valid", "name": name}


def exists(game: Game, user_id: str, server_id: str) -> bool:
    """Whether a top-up for that player can arrive."""
    return check(game, user_id, server_id)["valid"] == "valid"


def _name(rule: dict[str, Any], family: str, user_id: str, server_id: str) -> str | None:
    kind = rule["kind"]
    if kind == "voucher":
        return user_id  # a code is sold, nobody is topped up
    if not user_id or user_id.startswith("000"):
        return None
    if kind in ("phone", "wallet"):
        return _masked(family, user_id.lstrip("+")) if _PHONE.fullmatch(user_id) else None
    if kind == "meter":
        return _masked(family, user_id) if _METER.fullmatch(user_id) else None
    if kind == "account":
        return user_id[0] + "***" + user_id[user_id.find("@") :] if "@" in user_id else user_id
    if kind == "riot_id" and not _DIGITS.fullmatch(user_id):
        return user_id if "#" in user_id or not server_id else f"{user_id}#{server_id.lstrip('#')}"
    if kind == "username" and not _DIGITS.fullmatch(user_id):
        return user_id.lstrip("#")
    if not _DIGITS.fullmatch(user_id):
        return None
    if kind == "id_zone" and not _ZONE.fullmatch(server_id):
        return None
    if kind == "id_server" and not _server_fits(rule, user_id, server_id):
        return None
    known = KNOWN.get((family, user_id))
    if known is not None:
        zone, name = known
        return name if server_id == zone else None
    return _nickname(family, user_id, server_id)


def _server_fits(rule: dict[str, Any], user_id: str, server_id: str) -> bool:
    """The server exists (its code, or the code's last word), and is the one that the id's first digits name."""
    wanted = server_id.casefold()
    server = next((code for code in rule["servers"] if wanted in (code, code.rsplit("_", 1)[-1])), None)
    if server is None:
        return False
    by_prefix: dict[str, str] = rule.get("server_by_prefix", {})
    prefixes = sorted(by_prefix, key=len, reverse=True)
    named: str = next((by_prefix[prefix] for prefix in prefixes if user_id.startswith(prefix)), server)
    return named == str(server)


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("|".join(parts).encode()).digest()


def _nickname(family: str, user_id: str, server_id: str) -> str:
    made = _digest(family, user_id, server_id)
    name = _FIRST[made[0] % len(_FIRST)] + _SECOND[made[1] % len(_SECOND)]
    if made[2] % 10 == 0:
        return _UNICODE[made[3] % len(_UNICODE)].format(name)
    return f"{name}{made[4] % 100}" if made[5] % 2 else name


def _masked(family: str, number: str) -> str:
    person = _PEOPLE[_digest(family, number)[0] % len(_PEOPLE)]
    return " ".join(word[:2] + "*" * (len(word) - 2) for word in person.split())
