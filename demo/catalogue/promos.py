"""The demo's promo codes: two that work, two that refuse, and one for each shop abroad. Amounts in major units."""

from __future__ import annotations

from dataclasses import dataclass

from demo.catalogue.shapes import Texts, both


@dataclass(frozen=True)
class Code:
    """`ends`: "ahead" (end of next year) or "over" (end of last month), in the region's zone."""

    code: str
    title: Texts
    description: Texts
    note: Texts
    percent: str = "0"
    flat: str = "0"
    least: str = "0"
    most: str = "0"
    region: str = "ID"
    products: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    ends: str = "ahead"
    max_usage: int = 0
    max_daily_usage: int = 0
    per_id: int = 0
    per_device: int = 0
    per_address: int = 0
    is_used_up: bool = False


PROMOS = (
    Code(
        "WELCOME10",
        both("Diskon 10% Pengguna Baru", "10% off for newcomers"),
        both("Khusus untuk pengguna baru, dapatkan diskon 10%", "New here? Take 10% off"),
        both("Berlaku untuk semua produk", "For every product"),
        percent="10", least="50000", most="10000",
        max_usage=10_000, max_daily_usage=100, per_id=1, per_device=1, per_address=1,
    ),
    Code(
        "MLBB50",
        both("Cashback 50% Mobile Legends", "50% off Mobile Legends"),
        both("Bayar pakai DANA dapat cashback 50%", "Pay with DANA and take 50% off"),
        both("Khusus hari Senin, Rabu, Jumat", "On Mondays, Wednesdays and Fridays"),
        percent="50", least="100000", most="50000", products=("MLBB",), channels=("DANA",), days=("MON", "WED", "FRI"),
        max_usage=5_000, max_daily_usage=200, per_id=3, per_device=3, per_address=3,
    ),
    Code(
        "HEMAT5K",
        both("Potongan Rp5.000", "Rp5.000 off"),
        both("Potongan langsung untuk belanja mulai Rp150.000", "Straight off, from Rp150.000"),
        both("Berlaku untuk semua produk dan cara bayar", "For every product and every way to pay"),
        flat="5000", least="150000", max_usage=50_000, max_daily_usage=500, per_id=5, per_device=5, per_address=10,
    ),
    Code(
        "EXPIRED10",
        both("Diskon 10% Bulan Lalu", "Last month's 10%"),
        both("Promo bulan lalu", "A promo of last month"),
        both("Sudah berakhir", "It has ended"),
        percent="10", most="10000", ends="over", max_usage=1_000,
    ),
    Code(
        "SOLDOUT10",
        both("Diskon 10% untuk Satu Orang", "10% off for one person"),
        both("Hanya satu kuota", "A single slot"),
        both("Siapa cepat dia dapat", "First come, first served"),
        percent="10", most="10000", max_usage=1, is_used_up=True,
    ),
    Code(
        "HELLO5MY",
        both("Diskon 5% pembelian pertama", "5% off your first top-up"),
        both("Diskon 5%, maksimal RM5", "5% off, up to RM5"),
        both("Berlaku untuk semua produk", "For every product"),
        percent="5", least="10", most="5", region="MY", max_usage=5_000, per_id=1, per_device=1, per_address=1,
    ),
    Code(
        "HELLO5PH",
        both("Diskon 5% pembelian pertama", "5% off your first top-up"),
        both("Diskon 5%, maksimal ₱50", "5% off, up to ₱50"),
        both("Berlaku untuk semua produk", "For every product"),
        percent="5", least="100", most="50", region="PH", max_usage=5_000, per_id=1, per_device=1, per_address=1,
    ),
    Code(
        "HELLO5SG",
        both("Diskon 5% pembelian pertama", "5% off your first top-up"),
        both("Diskon 5%, maksimal S$2", "5% off, up to S$2"),
        both("Berlaku untuk semua produk", "For every product"),
        percent="5", least="5", most="2", region="SG", max_usage=5_000, per_id=1, per_device=1, per_address=1,
    ),
    Code(
        "HELLO5TH",
        both("Diskon 5% pembelian pertama", "5% off your first top-up"),
        both("Diskon 5%, maksimal ฿50", "5% off, up to ฿50"),
        both("Berlaku untuk semua produk", "For every product"),
        percent="5", least="100", most="50", region="TH", max_usage=5_000, per_id=1, per_device=1, per_address=1,
    ),
)  # fmt: skip
