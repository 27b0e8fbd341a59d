"""Everything the demo sells, in the shop's order, and its categories."""

from __future__ import annotations

from demo.catalogue.emoney import E_MONEY
from demo.catalogue.games import GAMES
from demo.catalogue.more_games import MORE_GAMES
from demo.catalogue.operators import OPERATORS
from demo.catalogue.shapes import Goods, both
from demo.catalogue.streaming import STREAMING
from demo.catalogue.vouchers import VOUCHERS

#: code, title, description
CATEGORIES = (
    (
        "top-up-game",
        both("Top Up Game", "Game top-up"),
        both("Top up diamond, UC, dan in-game currency lainnya", "Diamonds, UC and every other in-game currency"),
    ),
    ("voucher", both("Voucher", "Vouchers"), both("Voucher game dan digital content",
        "Codes for games and digital content")),
    ("e-money", both("E-Money", "E-money"), both("Top up saldo e-wallet dan e-money",
        "Wallet balances, phone credit, electricity")),
    (
        "streaming",
        both("Streaming", "Streaming"),
        both("Langganan Netflix, Spotify, Disney+ dan lainnya", "Netflix, Spotify, Disney+ and more"),
    ),
)  # fmt: skip
SHELF: tuple[Goods, ...] = GAMES + MORE_GAMES + VOUCHERS + E_MONEY + OPERATORS + STREAMING
