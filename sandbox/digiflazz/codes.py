"""The response codes that transactions answer with: what they say, and whether a transaction was formed."""

_SAID = {
    "00": "Transaksi Sukses",
    "01": "Timeout",
    "02": "Transaksi Gagal",
    "03": "Transaksi Pending",
    "40": "Payload Error",
    "41": "Signature tidak valid",
    "42": "Gagal memproses API Buyer",
    "43": "SKU tidak di temukan atau Non-Aktif",
    "44": "Saldo tidak cukup",
    "45": "IP Anda tidak kami kenali",
    "49": "Ref ID tidak unik",
    "52": "Prefix Tidak Sesuai Dengan Operator",
    "54": "Nomor Tujuan Salah",
    "57": "Jumlah Digit Kurang Atau Lebih",
    "58": "Sedang Cut Off",
    "63": "Tidak support transaksi multi",
    "69": "Harga seller lebih besar dari ketentuan harga Buyer",
    "74": "Transaksi Refund",
    "83": "Limitasi pengecekan pricelist tercapai",
    "99": "DF Router Issue",
}
_PENDING = ("03", "99")
# Of these no transaction is formed.
_UNFORMED = (
    "40", "41", "42", "43", "44", "45", "47", "49", "56", "61", "62", "63", "64", "65", "66", "67", "68", "69", "80",
    "81", "82", "83", "87", "88",
)  # fmt: skip


def status(rc: str) -> str:
    """Sukses, Pending or Gagal."""
    return "Sukses" if rc == "00" else "Pending" if rc in _PENDING else "Gagal"


def message(rc: str) -> str:
    """What the code says in words."""
    return _SAID.get(rc, f"Transaksi Gagal ({rc})")


def is_formed(rc: str) -> bool:
    """Whether a transaction exists after an answer with that code."""
    return rc not in _UNFORMED
