"""Wallets and the electricity meter. Wallet numbers may belong to any operator."""

from __future__ import annotations

from demo.catalogue import fields
from demo.catalogue.shapes import Field, Goods, Item, Lists, Supply, Texts, both, dotted, only_home, pairs

_TABLE = "10000:64 20000:125 25000:155 50000:307 75000:458 100000:610 150000:913 200000:1216 300000:1822 500000:3034"
_FEATURES: Lists = {
    "id": [
        "Saldo masuk dalam hitungan menit",
        "Nama pemilik dicek sebelum kamu bayar",
        "Gagal kirim, uang kembali otomatis",
    ],
    "en": [
        "Balance arrives within minutes",
        "We check the owner's name before you pay",
        "If it fails, the money comes back",
    ],
}


def _steps(typed: str, typed_en: str, goods: str, goods_en: str) -> Lists:
    return {
        "id": [
            f"Masukkan {typed}",
            "Pilih nominal",
            "Pilih metode pembayaran",
            "Selesaikan pembayaran",
            f"{goods} masuk otomatis",
        ],
        "en": [
            f"Enter the {typed_en}",
            "Choose an amount",
            "Choose how to pay",
            "Complete the payment",
            f"The {goods_en} arrives by itself",
        ],
    }


def _emoney(
    code: str,
    slug: str,
    name: str,
    publisher: str,
    texts: Texts,
    items: tuple[Item, ...],
    *,
    game: str,
    account: Field,
    how_to_order: Lists,
    section: Texts,
    words: str,
    palette: str,
    glyph: str = "wallet",
    is_popular: bool = False,
) -> Goods:
    return Goods(
        code=code,
        slug=slug,
        name=name,
        publisher=publisher,
        subtitle=publisher,
        category="e-money",
        description=texts,
        fields=(account,),
        games=only_home(game),
        items=items,
        margin_percent=3,
        features=_FEATURES,
        how_to_order=how_to_order,
        tags=("E-Wallet",) if glyph == "wallet" else ("PLN",),
        search_words=words,
        palette=palette,
        glyph=glyph,
        is_popular=is_popular,
        check_optional=True,
        player_field=account.key,
        sections={"topup-instant": section},
    )


def _wallet(
    code: str, slug: str, name: str, publisher: str, texts: Texts, *, words: str, palette: str, spoken: str = "",
    is_popular: bool = False,
) -> Goods:  # fmt: skip
    game = code.lower()
    items = tuple(
        Item(
            code=f"{code}_{amount}",
            name=f"{name} Rp{dotted(amount)}",
            supplies={game: Supply(game, f"{game}_{amount}_balance", f"{name} {dotted(amount)}", cost)},
            description=both(f"Saldo {name} Rp{dotted(amount)}", f"{name} balance of Rp{dotted(amount)}"),
            is_featured=amount == "100000",
        )
        for amount, cost in pairs(_TABLE)
    )
    return _emoney(
        code, slug, name, publisher, texts, items, game=game, account=fields.wallet_phone(name, spoken),
        how_to_order=_steps(f"nomor {name}", f"{name} number", "Saldo", "balance"),
        section=both("Isi Saldo", "Balance"), words=words, palette=palette, is_popular=is_popular,
    )  # fmt: skip


_PLN = tuple(
    Item(
        code=f"PLN_{amount}",
        name=f"Token Rp{dotted(amount)}",
        supplies={"pln": Supply("pln", f"pln_{amount}_token", f"PLN Token {dotted(amount)}", cost)},
        description=both(f"Token listrik Rp{dotted(amount)}", f"Electricity token of Rp{dotted(amount)}"),
        process_minutes=2,
        is_featured=amount == "100000",
    )
    for amount, cost in pairs("20000:128 50000:310 100000:613 200000:1219 500000:3037 1000000:6067")
)

E_MONEY = (
    _wallet(
        "DANA", "dana", "DANA", "DANA Indonesia",
        both("Isi saldo DANA dari QRIS, bank, atau minimarket.", "Top up DANA from QRIS, a bank or a minimarket."),
        words="dana dompet ewallet saldo", palette="langit", spoken="Dana", is_popular=True,
    ),
    _wallet(
        "GOPAY", "gopay", "GoPay", "GoTo",
        both("Isi saldo GoPay tanpa keluar rumah.", "Top up GoPay without leaving home."),
        words="gopay gojek ewallet saldo", palette="daun",
    ),
    _wallet(
        "OVO", "ovo", "OVO", "Visionet",
        both("Isi OVO Cash, cukup nomor teleponmu.", "Top up OVO Cash with nothing but your phone number."),
        words="ovo ewallet saldo grab", palette="manggis",
    ),
    _wallet(
        "SHOPEEPAY", "shopeepay", "ShopeePay", "Airpay",
        both("Isi ShopeePay sebelum keranjangmu kedaluwarsa.", "Top up ShopeePay before your basket expires."),
        words="spay shopee ewallet saldo", palette="tembikar",
    ),
    _wallet(
        "LINKAJA", "linkaja", "LinkAja", "Finarya",
        both("Isi LinkAja untuk bensin, tol, dan belanja harian.",
            "Top up LinkAja for fuel, tolls and daily shopping."),
        words="linkaja ewallet saldo", palette="mengkudu",
    ),
    _emoney(
        "PLN", "pln", "Token PLN", "PLN",
        both("Token listrik prabayar; 20 angkanya dikirim begitu jadi.",
            "Prepaid electricity; the 20 digits are sent at once."),
        _PLN, game="pln", account=fields.meter_number(),
        how_to_order=_steps("nomor meter", "meter number", "Token listrik", "electricity token"),
        section=both("Token Listrik", "Electricity tokens"), words="pln listrik token meteran", palette="padi",
        glyph="zap", is_popular=True,
    ),
)  # fmt: skip
