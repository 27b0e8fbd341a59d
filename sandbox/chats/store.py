"""What both messengers keep: the messages they took, and Telegram's chats."""

import json
from typing import Any

from sandbox.state import database, faults
from sandbox.wire import now_ms, pause


def keep(channel: str, address: str, body: dict[str, Any]) -> int:
    """The message is delivered; its number."""
    with database.transaction() as running:
        values = (channel, address, json.dumps(body, ensure_ascii=False), now_ms())
        made = running.execute(
            "INSERT INTO chat_messages (channel, address, body, created_ms) VALUES (?, ?, ?, ?)", values
        ).lastrowid
    return made or 0


def kept(channel: str = "", address: str = "") -> list[dict[str, Any]]:
    """Every message, oldest first; of one channel and address where they are given."""
    rows = database.rows(
        "SELECT * FROM chat_messages WHERE (? = '' OR channel = ?) AND (? = '' OR address = ?) ORDER BY id",
        (channel, channel, address, address),
    )
    return [
        {"channel": row["channel"], "to": row["address"], "body": json.loads(row["body"]), "at_ms": row["created_ms"]}
        for row in rows
    ]


def set_chat(chat_id: int, *, blocked: bool) -> None:
    """Somebody started the bot, or blocked it."""
    with database.transaction() as running:
        running.execute("INSERT OR REPLACE INTO telegram_chats VALUES (?, ?)", (chat_id, int(blocked)))


def chat_is_blocked(chat_id: int) -> bool | None:
    """None for somebody who never started the bot."""
    row = database.one("SELECT blocked FROM telegram_chats WHERE chat_id = ?", (chat_id,))
    return None if row is None else bool(row["blocked"])


def hold_back() -> None:
    pause(faults.number("message", "delay_ms"))
