"""Where the demo sells, in which languages, and how to reach it."""

from __future__ import annotations

from decimal import Decimal

#: code, country, currency, dial code, zone, language shown first
REGIONS = (
    ("ID", "Indonesia", "IDR", "+62", "Asia/Jakarta", "id"),
    ("MY", "Malaysia", "MYR", "+60", "Asia/Kuala_Lumpur", "en"),
    ("PH", "Philippines", "PHP", "+63", "Asia/Manila", "en"),
    ("SG", "Singapore", "SGD", "+65", "Asia/Singapore", "en"),
    ("TH", "Thailand", "THB", "+66", "Asia/Bangkok", "en"),
)
DEFAULT_REGION = "ID"

#: What one US dollar is worth.
USD_RATES = {
    "IDR": Decimal(16400),
    "MYR": Decimal("4.21"),
    "PHP": Decimal("58.60"),
    "SGD": Decimal("1.29"),
    "THB": Decimal("32.40"),
}
#: What one unit of the other currencies is worth in rupiah.
IDR_RATES = {
    code: (USD_RATES["IDR"] / rate).quantize(Decimal("0.0001")) for code, rate in USD_RATES.items() if code != "IDR"
}

#: code, name, country, flag
LANGUAGES = (
    ("id", "Bahasa Indonesia", "Indonesia", "ID"),
    ("en", "English", "United States", "US"),
)

CONTACTS = (
    ("email", "support@gate.co.id"),
    ("phone", "+6281234567890"),
    ("whatsapp", "https://wa.me/6281234567890"),
    ("instagram", "https://instagram.com/gate.official"),
    ("facebook", "https://facebook.com/gate.official"),
    ("x", "https://x.com/gate_official"),
    ("youtube", "https://youtube.com/@gateofficial"),
    ("telegram", "https://t.me/gate_official"),
    ("discord", "https://discord.gg/gate"),
)
