"""Gift codes: nobody's account is topped up. Some come from our own stock and are shown on the invoice; the others the
supplier sends to an address."""

from __future__ import annotations

from collections.abc import Mapping

from demo.catalogue import fields
from demo.catalogue.shapes import (
    Goods,
    Item,
    Lists,
    Supply,
    Texts,
    both,
    dotted,
    everywhere,
    only_home,
    pairs,
)

_FEATURES: Lists = {
    "id": ["Kode resmi, langsung ke e-mail", "Bisa dikirim sebagai hadiah", "Gagal kirim, uang kembali otomatis"],
    "en": [
        "Official codes, straight to your e-mail",
        "Makes a fine present",
        "If it cannot be delivered, the money comes back",
    ],
}
_STEPS: Lists = {
    "id": [
        "Masukkan e-mail penerima",
        "Pilih nominal",
        "Pilih metode pembayaran",
        "Selesaikan pembayaran",
        "Kode dikirim ke e-mail penerima",
    ],
    "en": [
        "Enter the recipient's e-mail",
        "Choose an amount",
        "Choose how to pay",
        "Complete the payment",
        "The code goes to the recipient's e-mail",
    ],
}
# Of those from our own stock: kept on the order's page, never in a mail.
_KEPT_FEATURES: Lists = {
    "id": [
        "Kode resmi, dari stok kami sendiri",
        "Hanya tampil untukmu, kapan saja",
        "Belum dilihat, bisa dikembalikan",
    ],
    "en": [
        "Official codes, from our own stock",
        "Shown to you alone, whenever you ask",
        "As long as nobody has seen it, it can be given back",
    ],
}
_KEPT_STEPS: Lists = {
    "id": ["Pilih nominal", "Pilih metode pembayaran", "Selesaikan pembayaran", "Buka kodenya di halaman pesanan"],
    "en": ["Choose an amount", "Choose how to pay", "Complete the payment", "Show the code on the order's page"],
}


def _redeem(where: str, id_steps: tuple[str, ...], en_steps: tuple[str, ...]) -> Lists:
    """How a code is used, beginning with `where`."""
    return {"id": [f"Buka {where}", *id_steps], "en": [f"Open {where}", *en_steps]}


_SECTIONS: Mapping[str, Texts] = {"topup-instant": both("Kode Digital", "Digital codes")}


def _voucher(
    code: str,
    slug: str,
    name: str,
    publisher: str,
    texts: Texts,
    items: tuple[Item, ...],
    *,
    game: str,
    tags: tuple[str, ...],
    words: str,
    palette: str,
    glyph: str,
    abroad: bool = False,
    is_popular: bool = False,
    redeem: Lists | None = None,
) -> Goods:
    """With `redeem` (how the code is used) it is sold from our own stock."""
    from_stock = redeem is not None
    return Goods(
        code=code,
        slug=slug,
        name=name,
        publisher=publisher,
        subtitle=publisher,
        category="voucher",
        description=texts,
        fields=() if from_stock else (fields.recipient_email(),),
        games=everywhere(game) if abroad else only_home(game),
        items=items,
        margin_percent=6,
        features=_KEPT_FEATURES if from_stock else _FEATURES,
        how_to_order=_KEPT_STEPS if from_stock else _STEPS,
        how_to_redeem=redeem or {},
        from_stock=from_stock,
        tags=tags,
        search_words=words,
        palette=palette,
        glyph=glyph,
        is_popular=is_popular,
        is_checked=False,
        player_field="" if from_stock else "recipientEmail",
        usual_seconds=5 if from_stock else 120,
        promise_seconds=1800,
        sections=_SECTIONS,
    )


def _rupiah(code: str, game: str, name: str, table: str, off: Mapping[str, int] | None = None) -> tuple[Item, ...]:
    """`Steam Wallet IDR 12.000` and its like."""
    return tuple(
        Item(
            code=f"{code}_{amount}",
            name=f"{name} Rp{dotted(amount)}",
            supplies={game: Supply(game, f"{game}_{amount}_idr", f"{name} IDR {dotted(amount)}", cost)},
            off_percent=(off or {}).get(amount, 0),
            description=both("Untuk akun dengan wilayah Indonesia", "For accounts with the region Indonesia"),
        )
        for amount, cost in pairs(table)
    )


def _dollars(code: str, game: str, name: str, table: str) -> tuple[Item, ...]:
    return tuple(
        Item(
            code=f"{code}_{amount}",
            name=f"{name} US${amount}",
            supplies={game: Supply(game, f"{game}_{amount}_usd", f"{name} USD {amount}", cost)},
            description=both("Untuk akun dengan wilayah Amerika Serikat", "For accounts with the region United States"),
        )
        for amount, cost in pairs(table)
    )


_ROBUX = tuple(
    Item(
        code=f"ROBLOX_{amount}",
        name=f"{amount} Robux",
        supplies={"roblox": Supply("roblox", f"roblox_{amount}_robux", f"{amount} Robux", cost)},
        off_percent={"800": 3, "1700": 4}.get(amount, 0),
        is_featured=amount == "800",
    )
    for amount, cost in pairs("400:455 800:910 1000:1140 1700:1820 2000:2280 4500:4550")
)

VOUCHERS = (
    _voucher(
        "STEAM", "steam-wallet", "Steam Wallet", "Valve",
        both("Saldo Steam untuk gim, DLC, dan diskon akhir pekan.",
            "Steam credit for games, DLC and the weekend sale."),
        _rupiah(
            "STEAM", "steam", "Steam Wallet",
            "12000:72 45000:269 60000:359 90000:538 120000:717 250000:1493 400000:2388 600000:3582",
            {"120000": 2, "250000": 3},
        ),
        game="steam", tags=("PC", "Gift Code"), words="steam valve wallet", palette="tarum", glyph="gamepad-2",
        is_popular=True,
    ),
    _voucher(
        "ROBLOX", "roblox", "Roblox", "Roblox Corporation",
        both("Kode hadiah Robux, ditukar di situs Roblox.", "Robux gift codes, to be redeemed on the Roblox site."),
        _ROBUX, game="roblox", tags=("Sandbox", "Gift Code"), words="robux rblx roblok", palette="abu", glyph="box",
        abroad=True, is_popular=True,
    ),
    _voucher(
        "GOOGLEPLAY", "google-play", "Google Play", "Google",
        both("Kode Google Play untuk aplikasi, gim, dan film.", "Google Play codes for apps, games and films."),
        _rupiah(
            "GOOGLEPLAY", "googleplay", "Google Play",
            "5000:30 10000:60 20000:120 50000:299 100000:597 150000:896 300000:1791 500000:2985", {"150000": 2},
        ),
        game="googleplay", tags=("Android", "Gift Code"), words="gplay google playstore", palette="daun", glyph="play",
        redeem=_redeem(
            "play.google.com/redeem",
            ("Masuk ke akun Google dengan negara Indonesia", "Ketik kodenya, lalu ketuk Tukarkan"),
            ("Sign in to a Google account of Indonesia", "Type the code and tap Redeem"),
        ),
    ),
    _voucher(
        "APPLE", "app-store", "App Store & iTunes", "Apple",
        both("Saldo App Store untuk aplikasi, musik, dan iCloud.", "App Store credit for apps, music and iCloud."),
        _rupiah(
            "APPLE", "applegift", "App Store & iTunes",
            "50000:299 100000:597 150000:896 200000:1194 300000:1791 500000:2985 1000000:5970",
        ),
        game="applegift", tags=("iOS", "Gift Code"), words="apple itunes ios appstore", palette="malam", glyph="gift",
    ),
    _voucher(
        "PSN", "playstation-store", "PlayStation Store", "Sony",
        both("Saldo PlayStation Store wilayah Indonesia.", "PlayStation Store credit, region Indonesia."),
        _rupiah(
            "PSN", "psn", "PlayStation Store",
            "100000:597 200000:1194 300000:1791 400000:2388 500000:2985 800000:4776 1000000:5970", {"300000": 2},
        ),
        game="psn", tags=("Console", "Gift Code"), words="psn ps4 ps5 sony", palette="langit", glyph="gamepad-2",
    ),
    _voucher(
        "GARENA", "garena-shells", "Garena Shells", "Garena",
        both("Shell untuk Free Fire, AOV, dan gim Garena lain.", "Shells for Free Fire, AOV and other Garena games."),
        _rupiah("GARENA", "garena", "Garena Shells", "10000:60 20000:120 30000:180 50000:299 100000:597 200000:1194"),
        game="garena", tags=("PC", "Gift Code"), words="shell garena", palette="tembikar", glyph="ticket",
        redeem=_redeem(
            "shop.garena.co.id",
            ("Pilih voucher Garena sebagai cara bayar", "Ketik kodenya, lalu konfirmasi"),
            ("Choose the Garena voucher as the way to pay", "Type the code and confirm"),
        ),
    ),
    _voucher(
        "UNIPIN", "unipin-credits", "UniPin Credits", "UniPin",
        both("UniPin Credits untuk ratusan gim.", "UniPin Credits for hundreds of games."),
        _rupiah("UNIPIN", "unipin", "UniPin Credits",
            "10000:60 20000:120 50000:299 100000:597 300000:1791 500000:2985"),
        game="unipin", tags=("Gift Code",), words="uc unipin", palette="mengkudu", glyph="ticket",
        redeem=_redeem(
            "unipin.com",
            ("Masuk, lalu buka Reload UniPin Credits", "Ketik kodenya, lalu konfirmasi"),
            ("Sign in and open Reload UniPin Credits", "Type the code and confirm"),
        ),
    ),
    _voucher(
        "RAZERGOLD", "razer-gold", "Razer Gold", "Razer",
        both("Razer Gold berlaku global, untuk ribuan gim.", "Razer Gold, global, for thousands of games."),
        _dollars("RAZERGOLD", "razergold", "Razer Gold", "1:96 5:480 10:960 20:1920 50:4800 100:9600"),
        game="razergold", tags=("Gift Code",), words="razer gold", palette="padi", glyph="coins", abroad=True,
    ),
    _voucher(
        "NINTENDO", "nintendo-eshop", "Nintendo eShop", "Nintendo",
        both("Saldo eShop untuk Nintendo Switch, toko Amerika.", "eShop credit for Nintendo Switch, US store."),
        _dollars("NINTENDO", "nintendo", "Nintendo eShop", "5:480 10:960 20:1920 35:3360 50:4800 70:6720"),
        game="nintendo", tags=("Console", "Gift Code"), words="switch eshop", palette="teratai", glyph="gamepad-2",
        abroad=True,
    ),
    _voucher(
        "XBOX", "xbox-gift-card", "Xbox Gift Card", "Microsoft",
        both("Saldo Xbox untuk gim dan Game Pass, toko Amerika.", "Xbox credit for games and Game Pass, US store."),
        _dollars("XBOX", "xbox", "Xbox Gift Card", "5:480 10:960 15:1440 25:2400 50:4800 100:9600"),
        game="xbox", tags=("Console", "Gift Code"), words="xbox gamepass microsoft", palette="daun", glyph="gift",
        abroad=True,
    ),
)  # fmt: skip
